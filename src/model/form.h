#pragma once
// One description of an element serves reading and printing: a Form stands on an element and either fills values from
// it or writes values into it.
//
//   void describe(Form form, Disk& disk) {
//     form.word("device", disk.device);                     // device='cdrom'
//     Form target = form.child("target");
//     target.text("dev", disk.target);
//     form.presence("readonly", disk.read_only);            // <readonly/>
//   }
//   describe(Form::reading(node, complaints), disk);
//   describe(Form::writing(node), disk);                    // leaves alone what already says the same
//
// While reading, what is absent leaves the value as it is; while writing, a value that equals what absence means is not
// written.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "model/complaints.h"
#include "model/words.h"

namespace sluice::model {

struct Bounds {
  std::uint32_t least = 0, most = std::numeric_limits<std::uint32_t>::max();
  bool hexadecimal = false;  // how a new one is written
};

// Always: also what absence would mean is spelled out, as libvirt does for what clients like to see.
enum class Spell : std::uint8_t { always, unless_absence_means_it };

class Form {
 public:
  static Form reading(pugi::xml_node node, Complaints& complaints) { return {nullptr, node.name(), node, &complaints}; }
  static Form writing(pugi::xml_node node) { return {nullptr, node.name(), node, nullptr}; }

  bool is_reading() const { return complaints_ != nullptr; }
  bool present() const { return !node_.empty(); }
  Complaints& complaints() const { return *complaints_; }  // while reading
  std::string where() const;                               // "disk target", for messages
  pugi::xml_node node() const { return node_; }
  pugi::xml_node ensure_node();

  // The parent must outlive its child.
  Form child(const char* name);

  // Attributes.
  void text(const char* attribute, std::string& value);
  void flag(const char* attribute, bool& value, std::string_view yes = "yes", std::string_view no = "no",
            Spell spell = Spell::unless_absence_means_it);
  void flag(const char* attribute, std::optional<bool>& value, std::string_view yes = "yes",
            std::string_view no = "no");
  void number(const char* attribute, std::uint32_t& value, Bounds bounds = {});
  void number(const char* attribute, std::optional<std::uint32_t>& value, Bounds bounds = {});
  // One of a list of texts, or nothing.
  void choice(const char* attribute, std::string& value, std::initializer_list<std::string_view> possible,
              std::string_view because = {});
  template <class Enum>
  void word(const char* attribute, Enum& value, Spell spell = Spell::always, std::string_view because = {}) {
    std::string text(model::word(value));
    const std::string absent = text;
    word_text(attribute, text, {words<Enum>.begin(), words<Enum>.end()}, spell, because);
    if (text != absent) value = *from_word<Enum>(text);
  }

  // The element's own text, without surrounding blanks if `trimmed`.
  void content(std::string& value, bool trimmed = true);
  // <name>text</name> below this element; an empty text is no element.
  void content_of(const char* name, std::string& value, bool trimmed = true);
  // <name/> below this element.
  void presence(const char* name, bool& value);

  // <name> once per item, in order.
  template <class Item, class Describe>
  void list(const char* name, std::vector<Item>& items, Describe describe) {
    if (is_reading()) {
      for (pugi::xml_node each : node_.children(name)) describe(inside(each), items.emplace_back());
      return;
    }
    if (!items.empty()) ensure_node();
    std::vector<pugi::xml_node> there;
    for (pugi::xml_node each : node_.children(name)) there.push_back(each);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i == there.size()) there.push_back(insert(name));
      describe(inside(there[i]), items[i]);
    }
    for (std::size_t i = items.size(); i < there.size(); ++i) node_.remove_child(there[i]);
  }
  template <class Item, class Describe>
  void optional(const char* name, std::optional<Item>& item, Describe describe) {
    std::vector<Item> items;
    if (item) items.push_back(std::move(*item));
    list(name, items, describe);
    if (is_reading() && items.size() > 1) complaints_->unsupported("more than one <" + std::string(name) + ">");
    if (!items.empty()) item = std::move(items.front());
  }

 private:
  Form(Form* parent, std::string name, pugi::xml_node node, Complaints* complaints)
      : parent_(parent), name_(std::move(name)), node_(node), complaints_(complaints) {}
  Form inside(pugi::xml_node node) { return {this, node.name(), node, complaints_}; }
  pugi::xml_node insert(const char* name);
  void write(const char* attribute, std::string_view value);
  void word_text(const char* attribute, std::string& value, const std::vector<std::string_view>& possible, Spell spell,
                 std::string_view because);

  Form* parent_;
  std::string name_;
  pugi::xml_node node_;  // empty: not there (yet)
  Complaints* complaints_;
};

// All text directly inside the element.
std::string text_of(pugi::xml_node node, bool trimmed);
std::optional<std::uint64_t> parse_number(std::string_view text);  // decimal, or hexadecimal with 0x

}  // namespace sluice::model
