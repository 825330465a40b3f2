#include "secure/network.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/assert.h"
#include "base/limits.h"

namespace sluice::secure {
namespace {

constexpr std::size_t part_min = 4096;  // a handshake's flight, an alert

Network& network_of(BIO* bio) { return *static_cast<Network*>(BIO_get_data(bio)); }

int take(BIO* bio, char* into, std::size_t size, std::size_t* count) noexcept {
  BIO_clear_retry_flags(bio);
  Network& network = network_of(bio);
  *count = std::min(size, network.incoming.size());
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(into, network.incoming.data(), *count);
  network.incoming = network.incoming.subspan(*count);
  network.copied_in += *count;
  return 1;
}

int give(BIO* bio, const char* from, std::size_t size, std::size_t* count) noexcept {
  BIO_clear_retry_flags(bio);
  Network& network = network_of(bio);
  *count = network.outgoing.append(std::as_bytes(std::span(from, size)));
  network.copied_out += *count;
  if (*count > 0) return 1;
  BIO_set_retry_write(bio);
  return 0;
}

// There is nothing to flush; whatever else OpenSSL asks for, we do not have.
long control(BIO*, int what, long, void*) noexcept { return what == BIO_CTRL_FLUSH ? 1 : 0; }

}  // namespace

std::size_t Outgoing::append(Bytes bytes) {
  const std::size_t taken = std::min(bytes.size(), room());
  bytes = bytes.first(taken);
  while (!bytes.empty()) {
    if (parts_.empty() || parts_.back().end == parts_.back().chunk.size()) {
      parts_.push_back({.chunk = Chunk::uninitialised(std::max({part_min, expected_, bytes.size()}))});
    }
    Part& part = parts_.back();
    const std::size_t now = std::min(bytes.size(), part.chunk.size() - part.end);
    std::memcpy(part.chunk.data() + part.end, bytes.data(), now);
    part.end += now;
    bytes = bytes.subspan(now);
  }
  size_ += taken;
  return taken;
}

Bytes Outgoing::front() const {
  if (parts_.empty()) return {};
  const Part& part = parts_.front();
  return part.chunk.bytes().subspan(part.begin, part.end - part.begin);
}

void Outgoing::sent(std::size_t count) {
  ensure(count <= front().size(), "no more was sent than the front");
  size_ -= count;
  if (parts_.empty()) return;
  parts_.front().begin += count;
  if (parts_.front().begin == parts_.front().end) parts_.erase(parts_.begin());
}

std::size_t Outgoing::room() const { return limits::tls_outgoing - size_; }

OwnedBioMethod network_method() {
  // Nobody looks for this kind of BIO, so it takes none of the numbers that OpenSSL gives out: they are few, and each
  // renewal of the certificates makes a method anew.
  OwnedBioMethod method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "Sluice's network"));
  if (!method) throw std::bad_alloc();
  BIO_meth_set_read_ex(method.get(), take);
  BIO_meth_set_write_ex(method.get(), give);
  BIO_meth_set_ctrl(method.get(), control);
  return method;
}

OwnedBio network_bio(const BIO_METHOD* method, Network& network) {
  OwnedBio bio(BIO_new(method));
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio.get(), &network);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace sluice::secure
