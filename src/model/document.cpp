#include "model/document.h"

#include <algorithm>

#include "base/limits.h"

namespace sluice::model {
namespace {

std::unexpected<Error> malformed(std::string_view xml, std::size_t at, std::string why) {
  const std::string_view before = xml.substr(0, std::min(at, xml.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return fault(Code::xml_detail,
               "line " + std::to_string(line) + ", column " + std::to_string(before.size() - line_begin + 1) + ": " +
                   std::move(why),
               ErrorDomain::xml);
}

bool is_xml_character(std::uint32_t c) {
  return c == 0x9 || c == 0xa || c == 0xd || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
         (c >= 0x10000 && c <= 0x10ffff);
}

// Length of the well-formed UTF-8 sequence at `at` if XML allows its character, else 0.
std::size_t character_length(std::string_view xml, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(at + i < xml.size() ? xml[at + i] : 0); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return is_xml_character(first) ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  std::uint32_t c = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    c = c << 6 | (byte(i) & 0x3fU);
  }
  const bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
  return !overlong && is_xml_character(c) ? length : 0;
}

// Looks at the text once from front to back. It knows just enough of XML to count elements and their depth and to see
// what the tree's parser is too lenient about; matching names is left to that parser.
class Scan {
 public:
  explicit Scan(std::string_view xml) : xml_(xml) {}

  Result<> run() {
    while (at_ < xml_.size()) {
      Result<> went = xml_[at_] == '<' ? markup() : character(/*in_tag=*/false);
      if (!went) return went;
    }
    if (depth_ > 0) return malformed(xml_, at_, "the text ends inside an element");
    if (elements_ == 0) return malformed(xml_, at_, "there is no element");
    return {};
  }

 private:
  Result<> markup() {
    if (starts_with("<!--")) return skip_to("-->", 4, "a comment without an end");
    if (starts_with("<![CDATA[")) {
      if (depth_ == 0) return malformed(xml_, at_, "text outside of the element");
      return skip_to("]]>", 9, "a CDATA section without an end");
    }
    if (starts_with("<!")) return malformed(xml_, at_, "a document type is not accepted");
    if (starts_with("<?")) return skip_to("?>", 2, "a processing instruction without an end");
    return tag();
  }

  Result<> tag() {
    const std::size_t begin = at_;
    const bool closes = starts_with("</");
    char quote = 0;
    ++at_;
    for (; at_ < xml_.size() && (quote != 0 || xml_[at_] != '>');) {
      const char c = xml_[at_];
      if (c == '<') return malformed(xml_, at_, "a '<' inside a tag");
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
      if (auto went = character(/*in_tag=*/true); !went) return went;
    }
    if (at_ == xml_.size()) return malformed(xml_, begin, "a tag without an end");
    const bool empty = xml_[at_ - 1] == '/';
    ++at_;
    if (closes) {
      if (depth_ == 0) return malformed(xml_, begin, "an end without a beginning");
      --depth_;
      return {};
    }
    if (depth_ == 0 && elements_ > 0) return malformed(xml_, begin, "a second element beside the first");
    if (++elements_ > limits::xml_elements_max) {
      return malformed(xml_, begin, "more than " + std::to_string(limits::xml_elements_max) + " elements");
    }
    if (depth_ == limits::xml_depth_max) {
      return malformed(xml_, begin, "elements are nested deeper than " + std::to_string(limits::xml_depth_max));
    }
    if (!empty) ++depth_;
    return {};
  }

  Result<> character(bool in_tag) {
    const char c = xml_[at_];
    if (!in_tag && depth_ == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      return malformed(xml_, at_, "text outside of the element");
    }
    if (c == '&') return entity();
    const std::size_t length = character_length(xml_, at_);
    if (length == 0) return malformed(xml_, at_, c == 0 ? "a NUL byte" : "a byte that is not text");
    at_ += length;
    return {};
  }

  Result<> entity() {
    const std::size_t end = xml_.substr(at_, 12).find(';');
    const std::string_view name = end == std::string_view::npos ? "" : xml_.substr(at_ + 1, end - 1);
    static constexpr std::string_view known[] = {"lt", "gt", "amp", "quot", "apos"};
    if (std::ranges::find(known, name) == std::end(known) && !is_character_number(name)) {
      return malformed(xml_, at_, "an entity that is not known: '" + printable(xml_.substr(at_, 12)) + "'");
    }
    at_ += end + 1;
    return {};
  }

  static bool is_character_number(std::string_view name) {
    if (!name.starts_with('#')) return false;
    name.remove_prefix(1);
    const std::uint32_t base = name.starts_with('x') ? 16 : 10;
    if (base == 16) name.remove_prefix(1);
    if (name.empty() || name.size() > 7) return false;
    std::uint32_t number = 0;
    for (const char c : name) {
      std::uint32_t digit = 16;
      if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
      if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
      if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
      if (digit >= base) return false;
      number = number * base + digit;
    }
    return is_xml_character(number);
  }

  static std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= 0x20 && c < 0x7f ? c : '?';
    return out;
  }

  Result<> skip_to(std::string_view end, std::size_t opening, const char* otherwise) {
    const std::size_t found = xml_.find(end, at_ + opening);
    if (found == std::string_view::npos) return malformed(xml_, at_, otherwise);
    while (at_ < found + end.size()) {
      const std::size_t length = character_length(xml_, at_);
      if (length == 0) return malformed(xml_, at_, xml_[at_] == 0 ? "a NUL byte" : "a byte that is not text");
      at_ += length;
    }
    return {};
  }

  bool starts_with(std::string_view text) const { return xml_.substr(at_).starts_with(text); }

  std::string_view xml_;
  std::size_t at_ = 0, depth_ = 0, elements_ = 0;
};

// pugixml lets an attribute stand twice, and everybody would look at the first only.
struct RepeatedAttribute final : pugi::xml_tree_walker {
  std::string found;
  bool for_each(pugi::xml_node& node) override {
    std::size_t count = 0;
    for (const pugi::xml_attribute each : node.attributes()) {
      if (++count > limits::xml_attributes_max) {
        found = "more than " + std::to_string(limits::xml_attributes_max) + " attributes in <" + node.name() + ">";
      } else if (node.attribute(each.name()) != each) {
        found = std::string("the attribute '") + each.name() + "' is there twice in <" + node.name() + ">";
      }
      if (!found.empty()) return false;
    }
    return true;
  }
};

struct StringWriter final : pugi::xml_writer {
  std::string text;
  void write(const void* from, std::size_t size) override { text.append(static_cast<const char*>(from), size); }
};

std::string_view without_mark(std::string_view xml) {
  if (xml.starts_with("\xef\xbb\xbf")) xml.remove_prefix(3);
  return xml;
}

}  // namespace

Result<> check_text(std::string_view xml) {
  if (xml.size() > limits::xml_max) {
    return fault(Code::xml_error,
                 "the XML is " + std::to_string(xml.size()) + " bytes long; at most " +
                     std::to_string(limits::xml_max) + " are accepted",
                 ErrorDomain::xml);
  }
  return Scan(without_mark(xml)).run();
}

Result<std::unique_ptr<pugi::xml_document>> load_document(std::string_view xml) {
  if (auto sound = check_text(xml); !sound) return std::unexpected(sound.error());
  xml = without_mark(xml);
  auto document = std::make_unique<pugi::xml_document>();
  // pugixml builds and frees its tree without recursion; what recurses (removing a subtree) is bounded by the depth
  // that was checked above.
  const pugi::xml_parse_result parsed =
      document->load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_comments, pugi::encoding_utf8);
  if (!parsed) return malformed(xml, static_cast<std::size_t>(parsed.offset), parsed.description());
  RepeatedAttribute walk;  // iterative in pugixml
  document->traverse(walk);
  if (!walk.found.empty()) return fault(Code::xml_detail, walk.found, ErrorDomain::xml);
  return document;
}

std::string print_document(const pugi::xml_document& document) {
  StringWriter writer;
  document.save(writer, "  ", pugi::format_indent | pugi::format_no_declaration | pugi::format_attribute_single_quote,
                pugi::encoding_utf8);
  return std::move(writer.text);
}

}  // namespace sluice::model
