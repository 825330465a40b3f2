#pragma once
// JSON as commands print it: objects of texts, numbers and truths.
//
//   JsonObject object;
//   object.add("name", guest.name()).add("id", guest.id());
//   std::cout << object.text() << "\n";                  // {"name":"web1","id":7}

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace sluice::cli {

std::string json_text(std::string_view text);  // quoted and escaped; bytes that are no UTF-8 become U+FFFD

class JsonObject {
 public:
  template <class Value>
  JsonObject& add(std::string_view name, const Value& value) {
    if constexpr (std::is_same_v<Value, bool>) {
      return put(name, value ? "true" : "false");
    } else if constexpr (std::is_arithmetic_v<Value>) {
      return put(name, std::to_string(value));
    } else {
      return put(name, json_text(value));
    }
  }
  JsonObject& add(std::string_view name, std::optional<int> value) {
    return put(name, value ? std::to_string(*value) : "null");
  }
  std::string text() const { return "{" + fields_ + "}"; }

 private:
  JsonObject& put(std::string_view name, const std::string& value) {
    fields_ += (fields_.empty() ? "" : ",") + json_text(name) + ":" + value;
    return *this;
  }
  std::string fields_;
};

}  // namespace sluice::cli
