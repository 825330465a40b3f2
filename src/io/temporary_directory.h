#pragma once
// A directory that exists as long as its object does: for tests and private daemons.

#include <string>
#include <vector>

namespace sluice::io {

class TemporaryDirectory {
 public:
  TemporaryDirectory();  // below $TMPDIR, mode 0700
  explicit TemporaryDirectory(const std::string& where);
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();  // removes it with what is in it

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::vector<std::string> names() const;  // of what is in it, sorted

 private:
  std::string path_;
};

}  // namespace sluice::io
