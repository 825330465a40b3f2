// Text that is not a definition at all: malformed, too deep, too long, or not even text.
#include "model/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "model/domain_samples.h"
#include "model/domain_xml.h"

namespace sluice::model {
namespace {

using ::testing::HasSubstr;

std::string why(const std::string& xml) {
  auto spec = parse_domain(xml);
  EXPECT_FALSE(spec);
  return spec ? std::string{} : spec.error().message;
}

std::string nested(std::size_t depth) {
  std::string xml;
  for (std::size_t i = 0; i < depth; ++i) xml += "<a>";
  for (std::size_t i = 0; i < depth; ++i) xml += "</a>";
  return xml;
}

TEST(Malformed, TextIsToldWithLineAndColumn) {
  EXPECT_EQ(why("<domain type='kvm'>\n  <name>x</nam>\n</domain>").substr(0, 16), "line 2, column 1");
  EXPECT_THAT(why("<domain>\n  <name"), HasSubstr("line 2, column 3: a tag without an end"));
  EXPECT_THAT(why("<domain>"), HasSubstr("line 1, column 9: the text ends inside an element"));
  EXPECT_THAT(why(""), HasSubstr("there is no element"));
  EXPECT_THAT(why("hello"), HasSubstr("line 1, column 1: text outside of the element"));
  EXPECT_THAT(why("<a/><b/>"), HasSubstr("line 1, column 5: a second element beside the first"));
  EXPECT_THAT(why("<a/>x"), HasSubstr("text outside of the element"));
  EXPECT_THAT(why("</a>"), HasSubstr("an end without a beginning"));
  EXPECT_THAT(why("<a><!-- </a>"), HasSubstr("a comment without an end"));
  EXPECT_THAT(why("<a><![CDATA[ </a>"), HasSubstr("a CDATA section without an end"));
  EXPECT_THAT(why("<a b='<'/>"), HasSubstr("a '<' inside a tag"));
  EXPECT_THAT(why("<a>&nothing;</a>"), HasSubstr("an entity that is not known: '&nothing;"));
  EXPECT_THAT(why("<a>& b</a>"), HasSubstr("an entity that is not known"));
}

TEST(Malformed, DocumentTypesAreNotAccepted) {
  EXPECT_THAT(why("<!DOCTYPE domain [<!ENTITY a 'b'>]><domain/>"),
              HasSubstr("line 1, column 1: a document type is not accepted"));
}

TEST(Malformed, BytesThatAreNotTextAreRefused) {
  EXPECT_THAT(why(std::string("<a>\0</a>", 8)), HasSubstr("line 1, column 4: a NUL byte"));
  EXPECT_THAT(why("<a>&#0;</a>"), HasSubstr("an entity that is not known: '&#0;"));
  EXPECT_THAT(why("<a>\x01</a>"), HasSubstr("a byte that is not text"));
  EXPECT_THAT(why("<a>\xff\xfe</a>"), HasSubstr("a byte that is not text"));
  EXPECT_THAT(why("<a>\xc0\xaf</a>"), HasSubstr("a byte that is not text"));
  EXPECT_THAT(why("<a>\xed\xa0\x80</a>"), HasSubstr("a byte that is not text"));
  EXPECT_THAT(why("<a>\xe2\x82</a>"), HasSubstr("a byte that is not text"));
  EXPECT_THAT(why("<a><!-- \x02 --></a>"), HasSubstr("a byte that is not text"));
  EXPECT_TRUE(check_text("<a>gr\xc3\xbc\xc3\x9f\x65 \xf0\x9f\x98\x80 &#x263a;</a>"));
}

TEST(Malformed, AttributesThatStandTwiceAreRefused) {
  EXPECT_EQ(why("<domain type='kvm'><a b='1' c='2' b='3'/></domain>"), "the attribute 'b' is there twice in <a>");
  std::string many = "<domain";
  for (int i = 0; i < 100; ++i) many += " a" + std::to_string(i) + "=''";
  EXPECT_EQ(why(many + "/>"), "more than 64 attributes in <domain>");
}

TEST(Malformed, AnotherRootIsNamed) { EXPECT_EQ(why("<network/>"), "<network> is not a <domain>"); }

TEST(Bounds, DepthIsCheckedBeforeTheTreeIsBuilt) {
  EXPECT_THAT(why(nested(10'000)), HasSubstr("elements are nested deeper than 256"));
  EXPECT_THAT(why(nested(1'000'000 / 2)), HasSubstr("elements are nested deeper than 256"));
  EXPECT_TRUE(check_text(nested(limits::xml_depth_max)));
  EXPECT_FALSE(check_text(nested(limits::xml_depth_max + 1)));
}

TEST(Bounds, LengthIsCheckedBeforeAnythingIsRead) {
  std::string huge;
  huge.resize(100'000'000, ' ');
  EXPECT_EQ(why(huge), "the XML is 100000000 bytes long; at most 4194304 are accepted");
}

TEST(Bounds, ElementsAreCounted) {
  std::string many = "<domain>";
  for (std::size_t i = 0; i < limits::xml_elements_max; ++i) many += "<a/>";
  EXPECT_THAT(why(many + "</domain>"), HasSubstr("more than 65536 elements"));
}

TEST(Bounds, ADefinitionThatIsTooLongWhenWrittenOutIsRefused) {
  // Each quote becomes six bytes when it is printed.
  const std::string quotes(limits::xml_max / 2, '\'');
  EXPECT_EQ(why(samples::domain_with("<teapot lid=\"" + quotes + "\"/>")),
            "the definition is too long when it is written out");
}

TEST(LenientWhereXmlIs, ADeclarationCommentsAndAByteOrderMarkAreFine) {
  const std::string inside = samples::domain_with("<!-- hello --><description><![CDATA[a < b]]></description>");
  const auto spec = parse_domain("\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n<!-- x -->\n" + inside + "\n");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->description, "a < b");
}

}  // namespace
}  // namespace sluice::model
