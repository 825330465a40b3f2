#include "model/describe_storage.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/document.h"

namespace sluice::model {
namespace {

bool is_control_character(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether XML can hold these characters is asked of the one who knows. What is markup to it can be escaped, so that any
// other character serves in its place.
bool fits_into_xml(std::string_view text) {
  std::string content(text);
  std::ranges::replace_if(content, [](char c) { return c == '<' || c == '&'; }, '.');
  return check_text("<text>" + content + "</text>").has_value();
}

// How many bytes a unit has; 0: there is no such unit.
std::uint64_t bytes_of_unit(std::string unit) {
  std::ranges::transform(unit, unit.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  if (unit.empty() || unit == "b" || unit == "byte" || unit == "bytes") return 1;
  static constexpr std::string_view powers = "kmgtpe";
  const std::size_t power = powers.find(unit.front());
  const std::string_view rest = std::string_view(unit).substr(1);
  if (power == std::string_view::npos || !(rest.empty() || rest == "ib" || rest == "b")) return 0;
  std::uint64_t bytes = 1;
  for (std::size_t i = 0; i <= power; ++i) bytes *= rest == "b" ? 1000 : 1024;
  return bytes;
}

// The whole text as a number; nothing if it is none or more than `most`.
std::optional<std::uint64_t> number_in(std::string_view text, int base, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failed != std::errc{} || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

std::string octal(std::uint32_t value) {
  std::array<char, 12> digits{};
  const std::string text(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 8).ptr);
  return text.size() < 4 ? std::string(4 - text.size(), '0') + text : text;
}

void describe_mode(Form& permissions, std::optional<std::uint32_t>& mode) {
  std::string text = mode ? octal(*mode) : std::string{};
  permissions.content_of("mode", text);
  if (!permissions.is_reading() || text.empty()) return;
  const auto number = number_in(text, 8, 07777);
  if (!number) {
    return permissions.complaints().wrong(permissions.where() + " mode '" + shown(text) +
                                          "' is not an octal number up to 7777");
  }
  mode = static_cast<std::uint32_t>(*number);
}

void describe_id(Form& permissions, const char* name, std::optional<std::uint32_t>& id) {
  std::string text = id ? std::to_string(*id) : std::string{};
  permissions.content_of(name, text);
  // chown takes -1 for "as it is", and libvirt prints it for what it does not know.
  static constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();
  if (!permissions.is_reading() || text.empty() || text == "-1") return;
  const auto number = number_in(text, 10, nobody);
  if (!number) {
    return permissions.complaints().wrong(permissions.where() + " " + name + " '" + shown(text) +
                                          "' is not the number of a user or group");
  }
  if (*number != nobody) id = static_cast<std::uint32_t>(*number);
}

}  // namespace

void describe_bytes(Form& parent, const char* name, std::optional<std::uint64_t>& bytes) {
  Form element = parent.child(name);
  std::string unit = "bytes";
  std::string amount = bytes ? std::to_string(*bytes) : std::string{};
  if (!parent.is_reading()) {
    if (!bytes) return;
    element.text("unit", unit);
    element.content(amount);
    return;
  }
  if (!element.present()) return;
  element.text("unit", unit);
  element.content(amount);
  const std::uint64_t unit_bytes = bytes_of_unit(unit);
  if (unit_bytes == 0) return parent.complaints().wrong(std::string(name) + " unit '" + shown(unit) + "' is not known");
  if (amount.empty() || !std::ranges::all_of(amount, is_digit)) {
    return parent.complaints().wrong(std::string(name) + " '" + shown(amount) + "' is not a whole number");
  }
  const auto number = number_in(amount, 10, storage_bytes_max / unit_bytes);
  if (!number) {
    return parent.complaints().wrong(std::string(name) + " " + shown(amount) + " " + (unit.empty() ? "bytes" : unit) +
                                     " is more than " + std::to_string(storage_bytes_max) + " bytes");
  }
  bytes = *number * unit_bytes;
}

void describe_permissions(Form& target, Permissions& permissions) {
  Form element = target.child("permissions");
  describe_mode(element, permissions.mode);
  describe_id(element, "owner", permissions.owner);
  describe_id(element, "group", permissions.group);
}

Result<> check_storage_name(std::string_view kind, std::string_view name) {
  const auto refuse = [&](const std::string& why) {
    return fault(Code::xml_error, called(kind, name) + ": " + why, ErrorDomain::storage);
  };
  if (name.empty()) return fault(Code::xml_error, "a " + std::string(kind) + " needs a <name>", ErrorDomain::storage);
  if (name.size() > storage_name_max) {
    return refuse("a name may not be longer than " + std::to_string(storage_name_max) + " bytes");
  }
  if (name == "." || name == "..") return refuse("this is the name of a directory");
  if (name.find('/') != std::string_view::npos) return refuse("a name may not contain '/'");
  if (std::ranges::any_of(name, is_control_character)) return refuse("a name may not contain control characters");
  if (!fits_into_xml(name)) return refuse("a name has to be valid UTF-8 of characters that XML has");
  // Readers of XML drop such a text.
  if (name.find_first_not_of(' ') == std::string_view::npos) return refuse("a name may not be blank");
  return {};
}

void check_storage_path(std::string_view what, std::string_view path, Complaints& complaints) {
  const std::string named = std::string(what) + " '" + shown(path) + "'";
  if (!path.starts_with('/')) complaints.wrong(named + " is not an absolute path");
  if (path.size() > storage_path_max) {
    complaints.wrong(named + " is longer than " + std::to_string(storage_path_max) + " bytes");
  }
  if (std::ranges::any_of(path, is_control_character)) complaints.wrong(named + " contains control characters");
}

void refuse_repetition(pugi::xml_node node, std::initializer_list<const char*> once, Complaints& complaints) {
  for (const char* name : once) {
    if (node.child(name).next_sibling(name)) complaints.wrong("<" + std::string(name) + "> is there twice");
  }
}

std::string printable(std::string_view text) {
  std::string out(text);
  const auto is_strange = [](char c) { return is_control_character(c) || static_cast<unsigned char>(c) >= 0x80; };
  if (std::ranges::any_of(out, is_control_character) || !fits_into_xml(out))
    std::ranges::replace_if(out, is_strange, '?');
  return out;
}

std::string shown(std::string_view text) {
  if (text.size() <= storage_name_max) return printable(text);
  return printable(text.substr(0, 64)) + "...";
}

std::string called(std::string_view kind, std::string_view name) {
  return std::string(kind) + " '" + shown(name) + "'";
}

}  // namespace sluice::model
