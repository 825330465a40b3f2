// Definitions of storage pools, refused, read and written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "model/pool.h"

namespace sluice::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string pool_with(const std::string& inside) { return "<pool type='dir'><name>p</name>" + inside + "</pool>"; }
std::string target_with(const std::string& inside) {
  return pool_with("<target><path>/srv</path>" + inside + "</target>");
}
std::string permissions_with(const std::string& inside) {
  return target_with("<permissions>" + inside + "</permissions>");
}
std::string named(const std::string& name) {
  return "<pool type='dir'><name>" + name + "</name><target><path>/srv</path></target></pool>";
}
std::string at(const std::string& path) { return pool_with("<target><path>" + path + "</path></target>"); }

Error refused(const std::string& xml) {
  auto spec = parse_pool(xml);
  EXPECT_FALSE(spec) << xml.substr(0, 1000);
  return spec ? Error{} : spec.error();
}
std::string why(const std::string& xml) { return refused(xml).message; }

PoolSpec parsed(std::string_view xml) {
  auto spec = parse_pool(xml);
  EXPECT_TRUE(spec) << spec.error().message << "\n" << xml;
  return spec ? std::move(*spec) : PoolSpec{};
}

constexpr std::string_view active = R"(<pool type='dir'>
  <name>images</name>
  <uuid>0b3f9d0c-52b6-4ee0-a6c6-2f7ef1c43b11</uuid>
  <capacity unit='bytes'>1000</capacity>
  <allocation unit='bytes'>400</allocation>
  <available unit='bytes'>600</available>
  <source>
  </source>
  <target>
    <path>/srv/images</path>
    <permissions>
      <mode>0711</mode>
      <owner>0</owner>
      <group>107</group>
      <label>system_u:object_r:virt_image_t:s0</label>
    </permissions>
  </target>
</pool>
)";

TEST(PoolRefusal, IsAnErrorOfStorage) {
  const Error error = refused("<pool type='dir'><target><path>/srv</path></target></pool>");
  EXPECT_EQ(
      error,
      (Error{.code = Code::xml_error, .message = "a storage pool needs a <name>", .domain = ErrorDomain::storage}));
}

TEST(PoolRefusal, OtherTypesAreNamed) {
  const Error error = refused("<pool type='netfs'><name>p</name><target><path>/srv</path></target></pool>");
  EXPECT_EQ(error.message, "storage pool 'p': type 'netfs' is not supported: only 'dir' is, a directory of this host");
  EXPECT_EQ(error.code, Code::config_unsupported);
  EXPECT_EQ(error.domain, ErrorDomain::storage);
  EXPECT_EQ(why("<pool><name>p</name><target><path>/srv</path></target></pool>"),
            "storage pool 'p': a type is missing");
}

TEST(PoolRefusal, OtherDocumentsAreNamed) { EXPECT_EQ(why("<network/>"), "<network> is not a <pool>"); }

TEST(PoolRefusal, BrokenTextIsFoundByLineAndColumn) {
  EXPECT_EQ(why("<pool type='dir'>\n  <name>p</name>"), "line 2, column 17: the text ends inside an element");
  EXPECT_THAT(why(std::string(limits::xml_max + 1, ' ')), HasSubstr("bytes long"));
  std::string deep;
  for (std::size_t i = 0; i <= limits::xml_depth_max; ++i) deep += "<a>";
  EXPECT_THAT(why(deep), HasSubstr("nested deeper"));
}

TEST(PoolRefusal, NamesThatAreNoneAreExplained) {
  EXPECT_EQ(why(named("")), "a storage pool needs a <name>");
  EXPECT_EQ(why(named("a/b")), "storage pool 'a/b': a name may not contain '/'");
  EXPECT_EQ(why(named("a&#10;b")), "storage pool 'a?b': a name may not contain control characters");
  EXPECT_EQ(why(named("..")), "storage pool '..': this is the name of a directory");
  EXPECT_EQ(why(named("<![CDATA[  ]]>")), "storage pool '  ': a name may not be blank");
  EXPECT_EQ(why(named(std::string(256, 'n'))),
            "storage pool '" + std::string(64, 'n') + "...': a name may not be longer than 255 bytes");
}

TEST(PoolRefusal, PathsThatAreNoneAreExplained) {
  EXPECT_EQ(why(pool_with("")), "storage pool 'p': a target path is missing");
  EXPECT_EQ(why(pool_with("<target/>")), "storage pool 'p': a target path is missing");
  EXPECT_EQ(why(at("srv")), "storage pool 'p': target path 'srv' is not an absolute path");
  EXPECT_EQ(why(at("/srv/../etc")), "storage pool 'p': target path '/srv/../etc' may not contain '..'");
  EXPECT_EQ(why(at("/srv&#9;")), "storage pool 'p': target path '/srv?' contains control characters");
  EXPECT_THAT(why(at("/" + std::string(4095, 'x'))), HasSubstr("is longer than 4095 bytes"));
}

TEST(PoolRefusal, UuidsThatAreNoneAreExplained) {
  EXPECT_EQ(why(pool_with("<uuid>17</uuid><target><path>/srv</path></target>")),
            "storage pool 'p': '17' is not a uuid");
  EXPECT_EQ(why(pool_with("<uuid>00000000-0000-0000-0000-000000000000</uuid><target><path>/srv</path></target>")),
            "storage pool 'p': the uuid is all zero");
}

TEST(PoolRefusal, PermissionsThatAreNoneAreExplained) {
  EXPECT_EQ(why(permissions_with("<mode>0799</mode>")),
            "storage pool 'p': target permissions mode '0799' is not an octal number up to 7777");
  EXPECT_EQ(why(permissions_with("<mode>10000</mode>")),
            "storage pool 'p': target permissions mode '10000' is not an octal number up to 7777");
  EXPECT_EQ(why(permissions_with("<owner>root</owner>")),
            "storage pool 'p': target permissions owner 'root' is not the number of a user or group");
  EXPECT_EQ(why(permissions_with("<group>-2</group>")),
            "storage pool 'p': target permissions group '-2' is not the number of a user or group");
  EXPECT_THAT(why(permissions_with("<group>4294967296</group>")), HasSubstr("group '4294967296'"));
}

TEST(PoolRefusal, WhatIsThereTwiceIsNotChosenFrom) {
  EXPECT_EQ(why(target_with("<path>/etc</path>")), "storage pool 'p': <path> is there twice");
  EXPECT_EQ(why(pool_with("<name>q</name><target><path>/srv</path></target>")),
            "storage pool 'p': <name> is there twice");
  EXPECT_EQ(why(pool_with("<target><path>/a</path></target><target><path>/b</path></target>")),
            "storage pool 'p': <target> is there twice");
}

TEST(PoolRefusal, LongTextsAreCutInMessages) {
  const std::string unknown = "<pool type='" + std::string(100'000, 'x') + "'><name>p</name></pool>";
  EXPECT_LT(why(unknown).size(), 200U);
}

TEST(ActivePool, IsUnderstood) {
  EXPECT_EQ(parsed(active), (PoolSpec{.name = "images",
                                      .uuid = *Uuid::parse("0b3f9d0c-52b6-4ee0-a6c6-2f7ef1c43b11"),
                                      .has_uuid = true,
                                      .path = "/srv/images",
                                      .permissions = {.mode = 0711, .owner = 0, .group = 107}}));
}

TEST(ActivePool, SurvivesBeingPrintedAndReadAgain) {
  const PoolSpec spec = parsed(active);
  EXPECT_EQ(parsed(print_pool(spec)), spec);
  EXPECT_EQ(parsed(print_pool(spec, PoolFigures{.capacity = 1})), spec);
}

TEST(LeastPool, LeavesTheRestToTheHost) {
  EXPECT_EQ(parsed(target_with("")), (PoolSpec{.name = "p", .path = "/srv"}));
  EXPECT_EQ(parsed(permissions_with("")).permissions, Permissions{});
}

TEST(PoolPath, HasOneSpelling) {
  EXPECT_EQ(parsed(at("//srv/./images//")).path, "/srv/images");
  EXPECT_EQ(parsed(at("/.")).path, "/");
  EXPECT_EQ(parsed(at("/a b/..c")).path, "/a b/..c");
}

TEST(PoolPermissions, OfMinusOneAreAbsent) {
  EXPECT_EQ(parsed(permissions_with("<owner>-1</owner><group>4294967295</group>")).permissions, Permissions{});
  EXPECT_EQ(parsed(permissions_with("<mode> 7777 </mode><owner>4294967294</owner>")).permissions,
            (Permissions{.mode = 07777, .owner = 4294967294}));
}

TEST(PoolReading, PassesOverWhatChangesNothing) {
  EXPECT_EQ(parsed(pool_with("<source><host name='h'/></source><teapot/><capacity unit='cups'>few</capacity>"
                             "<target><path>/srv</path></target>")),
            (PoolSpec{.name = "p", .path = "/srv"}));
}

TEST(PoolPrinting, TellsFiguresOfActivePoolsOnly) {
  const PoolSpec spec = parsed(active);
  EXPECT_THAT(print_pool(spec), Not(HasSubstr("capacity")));
  EXPECT_EQ(print_pool(spec, PoolFigures{.capacity = 1000, .allocation = 400, .available = 600}),
            "<pool type='dir'>\n"
            "  <name>images</name>\n"
            "  <uuid>0b3f9d0c-52b6-4ee0-a6c6-2f7ef1c43b11</uuid>\n"
            "  <capacity unit='bytes'>1000</capacity>\n"
            "  <allocation unit='bytes'>400</allocation>\n"
            "  <available unit='bytes'>600</available>\n"
            "  <source />\n"
            "  <target>\n"
            "    <path>/srv/images</path>\n"
            "    <permissions>\n"
            "      <mode>0711</mode>\n"
            "      <owner>0</owner>\n"
            "      <group>107</group>\n"
            "    </permissions>\n"
            "  </target>\n"
            "</pool>\n");
}

TEST(PoolPrinting, EscapesWhatIsMarkup) {
  const PoolSpec spec{.name = "<a> & 'b'", .path = "/srv/<x>&"};
  EXPECT_EQ(parsed(print_pool(spec)), spec);
}

}  // namespace
}  // namespace sluice::model
