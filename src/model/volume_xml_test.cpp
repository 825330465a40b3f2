// Definitions of volumes, refused, read and written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "model/volume.h"

namespace sluice::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string volume_with(const std::string& inside) {
  return "<volume><name>v</name><capacity>512</capacity>" + inside + "</volume>";
}
std::string target_with(const std::string& inside) { return volume_with("<target>" + inside + "</target>"); }
std::string qcow2_with(const std::string& inside) {
  return volume_with("<target><format type='qcow2'/></target>" + inside);
}
std::string named(const std::string& name) {
  return "<volume><name>" + name + "</name><capacity>512</capacity></volume>";
}
std::string of_capacity(const std::string& amount, const std::string& unit) {
  return "<volume><name>v</name><capacity unit='" + unit + "'>" + amount + "</capacity></volume>";
}

Error refused(const std::string& xml) {
  auto spec = parse_volume(xml);
  EXPECT_FALSE(spec) << xml.substr(0, 1000);
  return spec ? Error{} : spec.error();
}
std::string why(const std::string& xml) { return refused(xml).message; }

std::string why_not_named(std::string_view name) {
  const auto sound = check_volume_name(name);
  EXPECT_FALSE(sound) << name;
  return sound ? std::string{} : sound.error().message;
}

VolumeSpec parsed(std::string_view xml) {
  auto spec = parse_volume(xml);
  EXPECT_TRUE(spec) << spec.error().message << "\n" << xml;
  return spec ? std::move(*spec) : VolumeSpec{};
}

// What libvirt tells of a volume, as a client gives it back.
constexpr std::string_view told = R"(<volume type='file'>
  <name>web1.qcow2</name>
  <key>/srv/images/web1.qcow2</key>
  <source>
  </source>
  <capacity unit='bytes'>10737418240</capacity>
  <allocation unit='bytes'>204800</allocation>
  <physical unit='bytes'>197120</physical>
  <target>
    <path>/srv/images/web1.qcow2</path>
    <format type='qcow2'/>
    <permissions>
      <mode>0600</mode>
      <owner>64055</owner>
      <group>-1</group>
    </permissions>
    <timestamps>
      <atime>1700000000.000000000</atime>
    </timestamps>
    <compat>1.1</compat>
    <clusterSize unit='B'>65536</clusterSize>
    <features>
      <lazy_refcounts/>
    </features>
    <nocow/>
  </target>
  <backingStore>
    <path>/srv/images/debian.raw</path>
    <format type='raw'/>
  </backingStore>
</volume>
)";

TEST(VolumeRefusal, IsAnErrorOfStorage) {
  EXPECT_EQ(refused("<volume><capacity>1</capacity></volume>"),
            (Error{.code = Code::xml_error, .message = "a volume needs a <name>", .domain = ErrorDomain::storage}));
  EXPECT_EQ(refused(target_with("<format type='vmdk'/>")),
            (Error{.code = Code::config_unsupported,
                   .message = "volume 'v': target format type 'vmdk' is not supported: possible are raw, qcow2",
                   .domain = ErrorDomain::storage}));
}

TEST(VolumeRefusal, OtherDocumentsAreNamed) { EXPECT_EQ(why("<pool/>"), "<pool> is not a <volume>"); }

TEST(VolumeRefusal, BrokenTextIsFoundByLineAndColumn) {
  EXPECT_EQ(why("<volume>\n  <name>v</name>"), "line 2, column 17: the text ends inside an element");
  EXPECT_THAT(why(std::string(limits::xml_max + 1, ' ')), HasSubstr("bytes long"));
}

TEST(VolumeRefusal, OtherTypesAreNamed) {
  EXPECT_EQ(why("<volume type='block'><name>v</name><capacity>1</capacity></volume>"),
            "volume 'v': type 'block' is not supported: only 'file' is");
}

TEST(VolumeRefusal, EncryptionIsNotLeftOut) {
  const Error error = refused(target_with("<encryption format='luks'/>"));
  EXPECT_EQ(error.message, "volume 'v': target encryption is not supported: the contents would be stored in the clear");
  EXPECT_EQ(error.code, Code::config_unsupported);
}

TEST(VolumeRefusal, AnOlderQcow2IsNamed) {
  EXPECT_EQ(why(target_with("<format type='qcow2'/><compat>0.10</compat>")),
            "volume 'v': target compat '0.10' is not supported: only '1.1' is");
}

TEST(VolumeRefusal, RawVolumesHaveNoBackingStore) {
  const Error error = refused(volume_with("<backingStore><path>/b</path></backingStore>"));
  EXPECT_EQ(error.message, "volume 'v': a backingStore needs a volume of format 'qcow2', not 'raw'");
  EXPECT_EQ(error.code, Code::config_unsupported);
}

TEST(VolumeRefusal, BackingStoresThatAreNoneAreExplained) {
  EXPECT_EQ(why(qcow2_with("<backingStore><format type='raw'/></backingStore>")),
            "volume 'v': a backingStore path is missing");
  EXPECT_EQ(why(qcow2_with("<backingStore><path>nbd://host/x</path></backingStore>")),
            "volume 'v': backingStore path 'nbd://host/x' is not an absolute path");
  EXPECT_EQ(why(qcow2_with("<backingStore><path>/b</path><format type='vdi'/></backingStore>")),
            "volume 'v': backingStore format type 'vdi' is not supported: possible are raw, qcow2");
  EXPECT_EQ(why(qcow2_with("<backingStore><path>/b</path><path>/c</path></backingStore>")),
            "volume 'v': <path> is there twice");
}

TEST(VolumeRefusal, WhatIsThereTwiceIsNotChosenFrom) {
  EXPECT_EQ(why(volume_with("<capacity>1</capacity>")), "volume 'v': <capacity> is there twice");
  EXPECT_EQ(why(volume_with("<target/><target/>")), "volume 'v': <target> is there twice");
  EXPECT_EQ(why(target_with("<format type='raw'/><format type='qcow2'/>")), "volume 'v': <format> is there twice");
}

TEST(VolumeRefusal, PermissionsThatAreNoneAreExplained) {
  EXPECT_EQ(why(target_with("<permissions><mode>rw</mode></permissions>")),
            "volume 'v': target permissions mode 'rw' is not an octal number up to 7777");
}

TEST(VolumeName, ThatIsNoneIsExplained) {
  EXPECT_EQ(why_not_named(""), "a volume needs a <name>");
  EXPECT_EQ(why_not_named("a/b"), "volume 'a/b': a name may not contain '/'");
  EXPECT_EQ(why_not_named("."), "volume '.': this is the name of a directory");
  EXPECT_EQ(why_not_named(".."), "volume '..': this is the name of a directory");
  EXPECT_EQ(why_not_named("a\x7f"), "volume 'a?': a name may not contain control characters");
  EXPECT_EQ(why_not_named(std::string_view("a\0b", 3)), "volume 'a?b': a name may not contain control characters");
  EXPECT_EQ(why_not_named("\xff"), "volume '?': a name has to be valid UTF-8 of characters that XML has");
  EXPECT_THAT(why_not_named("a\xed\xa0\x80"), HasSubstr("valid UTF-8")) << "half of a surrogate pair";
  EXPECT_THAT(why_not_named("a\xef\xbf\xbf"), HasSubstr("characters that XML has"));
  EXPECT_EQ(why_not_named(" "), "volume ' ': a name may not be blank");
  EXPECT_THAT(why_not_named(std::string(256, 'v')), HasSubstr("longer than 255 bytes"));
  EXPECT_EQ(why(named("a/b")), "volume 'a/b': a name may not contain '/'");
}

TEST(VolumeName, IsAnyOtherNameOfAFile) {
  for (const std::string& name : {std::string(255, 'v'), std::string("..."), std::string(" a "), std::string("-rf"),
                                  std::string("<&>]]>'\""), std::string("b\xc3\xbc\xc3\x9f\xe2\x82\xac")}) {
    EXPECT_TRUE(check_volume_name(name)) << name;
    EXPECT_EQ(parsed(print_volume({.name = name})).name, name);
  }
}

TEST(VolumeSize, ThatIsNoneIsExplained) {
  EXPECT_EQ(why("<volume><name>v</name></volume>"), "volume 'v': a <capacity> is missing");
  EXPECT_EQ(why(of_capacity("1.5", "G")), "volume 'v': capacity '1.5' is not a whole number");
  EXPECT_EQ(why(of_capacity("-1", "G")), "volume 'v': capacity '-1' is not a whole number");
  EXPECT_EQ(why(of_capacity("0x10", "G")), "volume 'v': capacity '0x10' is not a whole number");
  EXPECT_EQ(why(of_capacity("10G", "")), "volume 'v': capacity '10G' is not a whole number");
  EXPECT_EQ(why(of_capacity("", "G")), "volume 'v': capacity '' is not a whole number");
  for (const char* unit : {"X", "KiBB", "iB", "KX", "bits"}) {
    EXPECT_EQ(why(of_capacity("1", unit)), "volume 'v': capacity unit '" + std::string(unit) + "' is not known");
  }
  EXPECT_EQ(why(volume_with("<allocation>all</allocation>")), "volume 'v': allocation 'all' is not a whole number");
}

TEST(VolumeSize, ThatNoFileCanHaveIsNamed) {
  EXPECT_EQ(why(of_capacity("9223372036854775808", "")),
            "volume 'v': capacity 9223372036854775808 bytes is more than 9223372036854775807 bytes");
  EXPECT_EQ(why(of_capacity("8", "EiB")), "volume 'v': capacity 8 EiB is more than 9223372036854775807 bytes");
  EXPECT_EQ(why(of_capacity("99999999999999999999", "K")),
            "volume 'v': capacity 99999999999999999999 K is more than 9223372036854775807 bytes");
  EXPECT_EQ(parsed(of_capacity("9223372036854775807", "b")).capacity, 9223372036854775807U);
  EXPECT_EQ(parsed(of_capacity("7", "E")).capacity, 7ULL << 60);
}

TEST(VolumeSize, HasAUnit) {
  const auto bytes = [](const std::string& unit) { return parsed(of_capacity(" 3 ", unit)).capacity; };
  for (const char* unit : {"", "b", "B", "byte", "bytes"}) EXPECT_EQ(bytes(unit), 3U) << unit;
  for (const char* unit : {"k", "K", "KiB", "kib"}) EXPECT_EQ(bytes(unit), 3072U) << unit;
  EXPECT_EQ(bytes("KB"), 3000U);
  EXPECT_EQ(bytes("M"), 3ULL << 20);
  EXPECT_EQ(bytes("MB"), 3'000'000U);
  EXPECT_EQ(bytes("GiB"), 3ULL << 30);
  EXPECT_EQ(bytes("GB"), 3'000'000'000U);
  EXPECT_EQ(bytes("T"), 3ULL << 40);
  EXPECT_EQ(bytes("TB"), 3'000'000'000'000U);
  EXPECT_EQ(bytes("PiB"), 3ULL << 50);
  EXPECT_EQ(bytes("PB"), 3'000'000'000'000'000U);
  EXPECT_EQ(bytes("EB"), 3'000'000'000'000'000'000U);
  EXPECT_EQ(parsed(volume_with("")).capacity, 512U) << "no unit means bytes";
}

TEST(LeastVolume, IsRawAndLeavesTheRestToTheHost) {
  EXPECT_EQ(parsed(volume_with("")), (VolumeSpec{.name = "v", .capacity = 512}));
  EXPECT_EQ(parsed(target_with("<format/>")).format, VolumeFormat::raw);
  EXPECT_EQ(parsed(volume_with("<allocation unit='K'>0</allocation>")).allocation, 0U);
}

TEST(BackingStoreOfAVolume, IsRawIfItDoesNotSay) {
  EXPECT_EQ(parsed(qcow2_with("<backingStore><path>/b</path></backingStore>")).backing,
            (BackingStore{.path = "/b", .format = VolumeFormat::raw}));
  EXPECT_EQ(parsed(volume_with("<backingStore/>")).backing, std::nullopt);
}

TEST(ToldVolume, IsUnderstood) {
  EXPECT_EQ(parsed(told), (VolumeSpec{.name = "web1.qcow2",
                                      .format = VolumeFormat::qcow2,
                                      .capacity = 10737418240,
                                      .allocation = 204800,
                                      .permissions = {.mode = 0600, .owner = 64055},
                                      .backing = BackingStore{.path = "/srv/images/debian.raw"}}));
}

const VolumeFacts facts{.name = "web1.qcow2",
                        .key = "/srv/web1.qcow2",
                        .path = "/srv/web1.qcow2",
                        .format = VolumeFormat::qcow2,
                        .capacity = 4096,
                        .allocation = 1024,
                        .physical = 1000,
                        .permissions = {.mode = 0644, .owner = 0},
                        .backing = BackingStore{.path = "/srv/base", .format = VolumeFormat::qcow2}};

TEST(VolumePrinting, WritesTheFacts) {
  EXPECT_EQ(print_volume(facts),
            "<volume type='file'>\n"
            "  <name>web1.qcow2</name>\n"
            "  <key>/srv/web1.qcow2</key>\n"
            "  <capacity unit='bytes'>4096</capacity>\n"
            "  <allocation unit='bytes'>1024</allocation>\n"
            "  <physical unit='bytes'>1000</physical>\n"
            "  <target>\n"
            "    <path>/srv/web1.qcow2</path>\n"
            "    <format type='qcow2' />\n"
            "    <permissions>\n"
            "      <mode>0644</mode>\n"
            "      <owner>0</owner>\n"
            "    </permissions>\n"
            "  </target>\n"
            "  <backingStore>\n"
            "    <path>/srv/base</path>\n"
            "    <format type='qcow2' />\n"
            "  </backingStore>\n"
            "</volume>\n");
}

TEST(VolumePrinting, TellsOfAnUnfinishedUploadAtTheEnd) {
  VolumeFacts unfinished = facts;
  unfinished.incomplete = true;
  const std::string text = print_volume(unfinished);
  EXPECT_THAT(text, ::testing::EndsWith("  <incomplete xmlns='urn:sluice:volume' />\n</volume>\n"));
  EXPECT_EQ(parsed(text), parsed(print_volume(facts))) << "who reads it may pass over it";
  EXPECT_THAT(print_volume(facts), Not(HasSubstr("incomplete")));
}

TEST(VolumePrinting, OfAHostileImageIsStillXml) {
  VolumeFacts hostile = facts;
  hostile.backing->path = "/\x01\xff<a>&amp;";
  EXPECT_EQ(parsed(print_volume(hostile)).backing->path, "/\?\?<a>&amp;");
}

}  // namespace
}  // namespace sluice::model
