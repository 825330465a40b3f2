#include "qemu/arguments.h"

namespace sluice::qemu {

Keyed& Keyed::with(std::string_view key, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_.append(key).push_back('=');
  for (const char letter : value) {
    if (letter == ',') text_ += ',';
    text_ += letter;
  }
  return *this;
}

void Arguments::add(std::string_view option, std::string_view value) {
  words_.emplace_back(option);
  words_.emplace_back(value);
}

void Arguments::device(const json::object& device, Place place) {
  std::vector<std::string>& list = place == Place::first ? controllers_ : (place == Place::given ? placed_ : others_);
  list.push_back(json::serialize(device));
}

std::string Arguments::set(const std::vector<int>& descriptors) {
  const std::string number = std::to_string(++sets_);
  for (const int descriptor : descriptors) {
    add("-add-fd", Keyed("").with("fd", std::to_string(descriptor)).with("set", number));
  }
  return "/dev/fdset/" + number;
}

std::vector<std::string> Arguments::words() && {
  for (std::vector<std::string>* list : {&controllers_, &placed_, &others_}) {
    for (std::string& device : *list) {
      words_.emplace_back("-device");
      words_.push_back(std::move(device));
    }
  }
  return std::move(words_);
}

}  // namespace sluice::qemu
