#include "sluice/stream.h"

#include <stdexcept>
#include <utility>

#include "client/exchange.h"
#include "client/transfer.h"

namespace sluice {
inline namespace v1 {
namespace {

client::Exchange& named(const std::shared_ptr<client::Exchange>& exchange) {
  if (!exchange) throw std::logic_error("this Stream names no stream");
  return *exchange;
}

}  // namespace

Stream::Stream() = default;
Stream::Stream(std::shared_ptr<client::Exchange> exchange) : exchange_(std::move(exchange)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept {
  Stream taken(std::move(other));
  std::swap(exchange_, taken.exchange_);
  return *this;
}
Stream::~Stream() {
  if (exchange_) exchange_->drop();
}

void Stream::write(std::span<const std::byte> bytes) { named(exchange_).write(bytes); }
void Stream::write(std::string_view text) { write(as_bytes(text)); }
std::size_t Stream::try_write(std::span<const std::byte> bytes) { return named(exchange_).try_write(bytes); }
void Stream::write_hole(std::uint64_t length) { named(exchange_).write_hole(length); }
bool Stream::try_write_hole(std::uint64_t length) { return named(exchange_).try_write_hole(length); }
std::size_t Stream::read(std::span<std::byte> into) { return named(exchange_).read(into); }
std::optional<std::size_t> Stream::try_read(std::span<std::byte> into) { return named(exchange_).try_read(into); }
SparseRead Stream::read_sparse(std::span<std::byte> into) { return named(exchange_).read_sparse(into); }
std::optional<SparseRead> Stream::try_read_sparse(std::span<std::byte> into) {
  return named(exchange_).try_read_sparse(into);
}

std::vector<std::byte> Stream::finish() { return named(exchange_).finish(); }
void Stream::begin_finish() { named(exchange_).begin_finish(); }
std::optional<std::vector<std::byte>> Stream::finished() { return named(exchange_).finished(); }

void Stream::abort(std::string_view why) noexcept {
  if (!exchange_) return;
  exchange_->abort(Error{.code = Code::operation_aborted,
                         .message = why.empty() ? "the stream was aborted" : std::string(why),
                         .domain = ErrorDomain::streams});
}

void Stream::limit(std::uint64_t bytes_per_second) { named(exchange_).limit(bytes_per_second); }
void Stream::weigh(std::uint32_t weight) { client::weigh(named(exchange_), weight); }

std::optional<Error> Stream::failure() const { return named(exchange_).failure(); }

void Stream::on_writable(std::function<void()> told) {
  named(exchange_).tell(client::Ready::writable, std::move(told));
}
void Stream::on_readable(std::function<void()> told) {
  named(exchange_).tell(client::Ready::readable, std::move(told));
}
void Stream::on_finished(std::function<void()> told) {
  named(exchange_).tell(client::Ready::finished, std::move(told));
}

std::vector<std::byte> Stream::send(const Input& from, const TransferOptions& options) {
  return client::send(named(exchange_), from, options);
}
std::vector<std::byte> Stream::receive(const Output& to, const TransferOptions& options) {
  return client::receive(named(exchange_), to, options);
}

}  // namespace v1
}  // namespace sluice
