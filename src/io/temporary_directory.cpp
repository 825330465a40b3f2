#include "io/temporary_directory.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "io/fd.h"

namespace sluice::io {

TemporaryDirectory::TemporaryDirectory() : TemporaryDirectory(std::filesystem::temp_directory_path()) {}

TemporaryDirectory::TemporaryDirectory(const std::string& where) : path_(where + "/sluice-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) fail_with_errno("cannot make a temporary directory '" + path_ + "'");
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryDirectory::names() const {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

}  // namespace sluice::io
