#pragma once
// For tests: a program with a procedure of each direction.

#include <array>

#include "remote/remote.h"

namespace sluice::session {

using remote::Proc;
using remote::Role;
using remote::Streaming;

struct Plain {
  static constexpr Proc proc{1, "plain", Streaming::none, Role::monitor};
  using Reply = remote::Void;
};
struct Upload {
  static constexpr Proc proc{2, "upload", Streaming::up, Role::operate};
  using Reply = remote::Void;
};
struct Download {
  static constexpr Proc proc{3, "download", Streaming::down, Role::operate};
  using Reply = remote::Void;
};
struct Console {
  static constexpr Proc proc{4, "console", Streaming::both, Role::operate};
  using Reply = remote::Void;
};
struct SparseUpload {
  static constexpr Proc proc{5, "sparse_upload", Streaming::up, Role::operate, true};
  using Reply = remote::Void;
};
struct SparseDownload {
  static constexpr Proc proc{6, "sparse_download", Streaming::down, Role::operate, true};
  using Reply = remote::Void;
};
struct Happening {
  static constexpr Proc proc{7, "happening", Streaming::none, Role::monitor};
  using Reply = remote::Void;
};
using Sample = remote::Program<0x5a5a, 1, Plain, Upload, Download, Console, SparseUpload, SparseDownload, Happening>;

// The sample program alone has nothing to open; with libvirt's, connect_open comes first.
inline constexpr std::array sample_programs{Sample::info()};
inline constexpr std::array all_programs{remote::Remote::info(), Sample::info()};

}  // namespace sluice::session
