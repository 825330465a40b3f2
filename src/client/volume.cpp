#include "sluice/volume.h"

#include <algorithm>

#include "client/connected.h"
#include "client/storage_names.h"
#include "client/transfer.h"

namespace sluice {
inline namespace v1 {
namespace {

constexpr std::uint32_t sparse_stream = 1, info_physical = 1, resize_allocate = 1, resize_shrink = 4;

}  // namespace

std::string_view name(VolumeType type) {
  switch (type) {
    case VolumeType::file: return "file";
    case VolumeType::block: return "block";
    case VolumeType::dir: return "dir";
    case VolumeType::network: return "network";
    case VolumeType::netdir: return "netdir";
    case VolumeType::ploop: return "ploop";
  }
  return "unknown";
}

Volume::Volume(std::shared_ptr<client::Connected> connected, client::VolumeName called)
    : connected_(std::move(connected)), called_(std::make_shared<const client::VolumeName>(std::move(called))) {}

const std::string& Volume::name() const { return called_->ref.name; }
const std::string& Volume::pool_name() const { return called_->ref.pool; }
const std::string& Volume::key() const { return called_->ref.key; }
std::string Volume::path() const { return connected_->call(remote::StorageVolGetPath{.vol = called_->ref}).name; }
std::string Volume::xml() const { return connected_->call(remote::StorageVolGetXmlDesc{.vol = called_->ref}).xml; }

VolumeInfo Volume::info() const {
  const auto known = connected_->call(remote::StorageVolGetInfo{.vol = called_->ref});
  // Whoever asks for the physical size gets it in place of the allocation.
  const auto asked = connected_->call(remote::StorageVolGetInfoFlags{.vol = called_->ref, .flags = info_physical});
  return {.type = static_cast<VolumeType>(known.type),
          .capacity = known.capacity,
          .allocation = known.allocation,
          .physical = asked.allocation};
}

void Volume::resize(std::uint64_t capacity, ResizeOptions options) {
  const std::uint32_t flags = (options.allocate ? resize_allocate : 0) | (options.shrink ? resize_shrink : 0);
  connected_->call(remote::StorageVolResize{.vol = called_->ref, .capacity = capacity, .flags = flags});
}
void Volume::wipe() { connected_->call(remote::StorageVolWipe{.vol = called_->ref}); }
void Volume::remove() { connected_->call(remote::StorageVolDelete{.vol = called_->ref}); }

Stream Volume::upload(VolumeRange range) {
  const remote::StorageVolUpload fields{
      .vol = called_->ref, .offset = range.offset, .length = range.length, .flags = range.sparse ? sparse_stream : 0};
  return connected_->open(remote::Remote::number, remote::StorageVolUpload::proc, xdr::encode(fields));
}

void Volume::upload(const Input& from, VolumeRange range, const TransferOptions& transfer) {
  client::OpenInput input(from);
  if (range.length != 0 && input.size > range.length) {
    throw Failure({.code = Code::invalid_arg,
                   .message = "cannot upload '" + input.name + "' to volume '" + name() + "': it has " +
                              std::to_string(input.size) + " bytes, and at most " + std::to_string(range.length) +
                              " are wanted",
                   .domain = ErrorDomain::storage});
  }
  Stream stream = upload(range);
  client::send(*stream.exchange(), std::move(input), transfer);
}

Stream Volume::download(VolumeRange range) const {
  const remote::StorageVolDownload fields{
      .vol = called_->ref, .offset = range.offset, .length = range.length, .flags = range.sparse ? sparse_stream : 0};
  return connected_->open(remote::Remote::number, remote::StorageVolDownload::proc, xdr::encode(fields));
}

void Volume::download(const Output& to, VolumeRange range, const TransferOptions& transfer) const {
  TransferOptions informed = transfer;
  if (transfer.progress) {  // the stream does not know how much will come
    const std::uint64_t size = info().physical;
    std::uint64_t total = size - std::min(size, range.offset);
    if (range.length != 0) total = std::min(total, range.length);
    informed.progress = [&transfer, total](Progress progress) {
      progress.total = std::max(progress.transferred, total);
      transfer.progress(progress);
    };
  }
  download(range).receive(to, informed);
}

}  // namespace v1
}  // namespace sluice
