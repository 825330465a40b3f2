#pragma once
// The text of a PEM file, and the file's name for messages. The room opens no files itself.

#include <string>

namespace sluice::secure {

struct Pem {
  std::string name;  // "/etc/pki/libvirt/servercert.pem"
  std::string text;
};

}  // namespace sluice::secure
