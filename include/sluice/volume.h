#pragma once
// A Volume is one disk of a pool (sluice/pool.h): a raw file, an image.
//
//   Volume disk = host.lookup_pool("default").lookup("web1.qcow2");
//   disk.upload("/srv/web1.qcow2");                        // or disk.upload() for a stream, disk.upload(reader),
//   disk.download("/srv/copy", {.sparse = true});          // disk.upload(Descriptor{fd})
//
// A Volume is a handle that is cheap to copy and keeps its connection open. What it says about itself it asks the
// daemon each time; only the names and the key are remembered. All sizes are bytes.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/stream.h"

namespace sluice {
namespace client {
class Connected;
struct VolumeName;
}  // namespace client
inline namespace v1 {

// Numbers of libvirt's virStorageVolType.
enum class VolumeType : std::int32_t { file = 0, block = 1, dir = 2, network = 3, netdir = 4, ploop = 5 };
[[gnu::visibility("default")]] std::string_view name(VolumeType type);  // "file", "block"

struct VolumeInfo {
  VolumeType type = VolumeType::file;
  std::uint64_t capacity = 0;    // what a machine sees
  std::uint64_t allocation = 0;  // what it takes of its pool
  std::uint64_t physical = 0;    // the length of its file: what a download gives
};

// Which part of a volume a transfer is about, in bytes of its file: those of an image, not those a machine sees.
struct VolumeRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // at most so many; 0: no limit but the volume's own
  bool sparse = false;       // holes travel as holes, and take neither time nor room
};

struct ResizeOptions {
  bool allocate = false;  // what is new is allocated at once
  bool shrink = false;    // without it a smaller capacity is refused
};

class [[gnu::visibility("default")]] Volume {
 public:
  const std::string& name() const;
  const std::string& pool_name() const;
  const std::string& key() const;  // unique on its host; for a file its path
  std::string path() const;        // on the daemon's machine
  VolumeInfo info() const;
  std::string xml() const;

  void resize(std::uint64_t capacity, ResizeOptions options = {});
  void wipe();    // every byte becomes zero
  void remove();  // with its bytes

  // Bytes into the volume, from `offset` on: the rest of it stays. More bytes than there is room for in the range, or
  // in the volume, fail (a libvirtd lets the file grow where there is no `length`); fewer do not. With `sparse` the
  // holes of a regular file stay holes, and so do those of Stream::write_hole; what a hole covers reads as zeros
  // afterwards. An upload that failed leaves what had arrived. A path or descriptor that cannot be read, or holds more
  // than `length`, fails before anything was written.
  Stream upload(VolumeRange range = {});
  void upload(const Input& from, VolumeRange range = {}, const TransferOptions& transfer = {});

  // Bytes of the volume; its end ends the range early. With `sparse` its holes become holes of a regular file, which is
  // as long as the range; a pipe and a Writer get their zeros, Stream::read_sparse tells them.
  Stream download(VolumeRange range = {}) const;
  void download(const Output& to, VolumeRange range = {}, const TransferOptions& transfer = {}) const;

  Volume(std::shared_ptr<client::Connected> connected, client::VolumeName called);

 private:
  friend class Pool;
  std::shared_ptr<client::Connected> connected_;
  std::shared_ptr<const client::VolumeName> called_;
};

}  // namespace v1
}  // namespace sluice
