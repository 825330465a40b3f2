#include "model/form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace sluice::model {
namespace {

// Where a new child of <domain> and of <devices> goes, so that a printed definition reads in the usual order.
constexpr auto domain_order = std::to_array<std::string_view>(
    {"name",          "uuid",      "title",    "description", "metadata", "memory",  "currentMemory",
     "memoryBacking", "vcpu",      "resource", "os",          "features", "cpu",     "clock",
     "on_poweroff",   "on_reboot", "on_crash", "pm",          "devices",  "seclabel"});

constexpr auto devices_order =
    std::to_array<std::string_view>({"emulator", "disk", "controller", "interface", "serial", "console", "channel",
                                     "input", "graphics", "video", "memballoon", "rng"});

std::span<const std::string_view> order_in(std::string_view element) {
  if (element == "domain") return domain_order;
  if (element == "devices") return devices_order;
  return {};
}

std::string listed(const std::vector<std::string_view>& possible) {
  std::string out;
  for (const std::string_view each : possible) {
    if (each.empty()) continue;
    if (!out.empty()) out += ", ";
    out += each;
  }
  return out;
}

std::string hexadecimal(std::uint32_t value) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

}  // namespace

std::string text_of(pugi::xml_node node, bool trimmed) {
  std::string text;
  for (const pugi::xml_node each : node.children()) {
    if (each.type() == pugi::node_pcdata || each.type() == pugi::node_cdata) text += each.value();
  }
  if (!trimmed) return text;
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const int base = text.starts_with("0x") || text.starts_with("0X") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string Form::where() const {
  // Above the devices everything is in the domain and in the devices; saying so helps nobody.
  if (parent_ == nullptr || parent_->name_ == "domain" || parent_->name_ == "devices") return name_;
  return parent_->where() + " " + name_;
}

pugi::xml_node Form::ensure_node() {
  if (node_.empty()) {
    parent_->ensure_node();
    node_ = parent_->insert(name_.c_str());
  }
  return node_;
}

pugi::xml_node Form::insert(const char* name) {
  const auto order = order_in(name_);
  const auto place = std::ranges::find(order, std::string_view(name));
  if (place != order.end()) {
    const auto later = std::ranges::subrange(place + 1, order.end());
    for (pugi::xml_node each : node_.children()) {
      if (std::ranges::find(later, std::string_view(each.name())) != later.end()) {
        return node_.insert_child_before(name, each);
      }
    }
  }
  return node_.append_child(name);
}

Form Form::child(const char* name) { return {this, name, node_.child(name), complaints_}; }

void Form::write(const char* attribute, std::string_view value) {
  if (value.empty()) {
    // An element that had nothing else to say goes with its attribute.
    if (node_.remove_attribute(attribute) && !node_.first_attribute() && !node_.first_child() && parent_ != nullptr) {
      parent_->node_.remove_child(node_);
      node_ = {};
    }
    return;
  }
  ensure_node();
  pugi::xml_attribute there = node_.attribute(attribute);
  if (there.empty()) there = node_.append_attribute(attribute);
  if (value != there.value()) there.set_value(std::string(value).c_str());
}

void Form::text(const char* attribute, std::string& value) {
  if (!is_reading()) return write(attribute, value);
  if (const auto there = node_.attribute(attribute)) value = there.value();
}

void Form::flag(const char* attribute, bool& value, std::string_view yes, std::string_view no, Spell spell) {
  std::optional<bool> known = value;
  if (!is_reading() && spell == Spell::unless_absence_means_it && !value && node_.attribute(attribute).empty()) return;
  flag(attribute, known, yes, no);
  value = known.value_or(value);
}

void Form::flag(const char* attribute, std::optional<bool>& value, std::string_view yes, std::string_view no) {
  if (!is_reading()) return write(attribute, !value ? std::string_view{} : *value ? yes : no);
  const auto there = node_.attribute(attribute);
  if (there.empty()) return;
  if (there.value() == yes) {
    value = true;
  } else if (there.value() == no) {
    value = false;
  } else {
    complaints_->wrong(where() + " " + attribute + " '" + there.value() + "' is neither '" + std::string(yes) +
                       "' nor '" + std::string(no) + "'");
  }
}

void Form::number(const char* attribute, std::uint32_t& value, Bounds bounds) {
  std::optional<std::uint32_t> known = value;
  number(attribute, known, bounds);
  value = known.value_or(value);
}

void Form::number(const char* attribute, std::optional<std::uint32_t>& value, Bounds bounds) {
  const auto there = node_.attribute(attribute);
  const std::optional<std::uint64_t> said = there ? parse_number(there.value()) : std::nullopt;
  if (!is_reading()) {
    if (value && said == std::uint64_t{*value}) return;
    write(attribute, !value ? std::string{} : bounds.hexadecimal ? hexadecimal(*value) : std::to_string(*value));
    return;
  }
  if (there.empty()) return;
  if (!said || *said < bounds.least || *said > bounds.most) {
    complaints_->wrong(where() + " " + attribute + " '" + there.value() + "' is not a number from " +
                       std::to_string(bounds.least) + " to " + std::to_string(bounds.most));
    return;
  }
  value = static_cast<std::uint32_t>(*said);
}

void Form::choice(const char* attribute, std::string& value, std::initializer_list<std::string_view> possible,
                  std::string_view because) {
  word_text(attribute, value, possible, Spell::always, because);
}

void Form::word_text(const char* attribute, std::string& value, const std::vector<std::string_view>& possible,
                     Spell spell, std::string_view because) {
  const auto there = node_.attribute(attribute);
  if (!is_reading()) {
    const bool silent = spell == Spell::unless_absence_means_it && value == possible.front();
    if (!silent || !there.empty()) write(attribute, value);
    return;
  }
  if (there.empty()) return;
  if (std::ranges::find(possible, std::string_view(there.value())) == possible.end()) {
    complaints_->unsupported(where() + " " + attribute + " '" + there.value() + "' is not supported: " +
                             (because.empty() ? "possible are " + listed(possible) : std::string(because)));
    return;
  }
  value = there.value();
}

void Form::content(std::string& value, bool trimmed) {
  if (is_reading()) {
    if (present()) value = text_of(node_, trimmed);
    return;
  }
  if (present() && text_of(node_, trimmed) == value) return;
  ensure_node();
  for (pugi::xml_node each = node_.first_child(); each;) {
    const pugi::xml_node next = each.next_sibling();
    if (each.type() == pugi::node_pcdata || each.type() == pugi::node_cdata) node_.remove_child(each);
    each = next;
  }
  if (!value.empty()) node_.append_child(pugi::node_pcdata).set_value(value.c_str());
}

void Form::content_of(const char* name, std::string& value, bool trimmed) {
  Form element = child(name);
  if (!is_reading() && value.empty() && !element.present()) return;
  element.content(value, trimmed);
  if (!is_reading() && value.empty()) node_.remove_child(element.node());
}

void Form::presence(const char* name, bool& value) {
  Form element = child(name);
  if (is_reading()) {
    value = value || element.present();
  } else if (value) {
    element.ensure_node();
  } else if (element.present()) {
    node_.remove_child(element.node());
  }
}

}  // namespace sluice::model
