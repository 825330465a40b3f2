#pragma once
// The words of a QEMU command line as they are gathered. Devices are kept apart until the end: those whose place on a
// bus is given go before those that QEMU places itself, or the former would find their places taken.
//
//   Arguments arguments;
//   arguments.add("-m", "size=65536k");
//   arguments.add("-chardev", Keyed("pty").with("id", "charserial0"));       // commas in values are doubled
//   arguments.device({{"driver", "isa-serial"}, {"chardev", "charserial0"}}, Place::any);
//   std::vector<std::string> words = std::move(arguments).words();
//
// Files are handed over as descriptor sets: `set` names a group of descriptors for the same file and gives the path
// under which QEMU opens it.

#include <string>
#include <string_view>
#include <vector>

#include "qmp/json.h"

namespace sluice::qemu {

namespace json = boost::json;

// "pty,id=charserial0": QEMU's older syntax, for options that have no JSON form.
class Keyed {
 public:
  explicit Keyed(std::string_view head) : text_(head) {}
  Keyed& with(std::string_view key, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class Place : std::uint8_t { first, given, any };  // first: controllers, which others sit on

class Arguments {
 public:
  void add(std::string_view option) { words_.emplace_back(option); }
  void add(std::string_view option, std::string_view value);
  void add(std::string_view option, const Keyed& value) { add(option, value.text()); }
  void add(std::string_view option, const json::object& value) { add(option, json::serialize(value)); }
  void device(const json::object& device, Place place);
  // "/dev/fdset/3", which QEMU opens as whichever of these has the access mode it wants.
  std::string set(const std::vector<int>& descriptors);
  std::vector<std::string> words() &&;

 private:
  std::vector<std::string> words_;
  std::vector<std::string> controllers_, placed_, others_;
  int sets_ = 0;
};

}  // namespace sluice::qemu
