#include "xdr/codec.h"

namespace sluice::xdr {
namespace {

constexpr std::size_t padding(std::size_t count) { return (4 - count % 4) % 4; }

}  // namespace

void Writer::word(std::uint32_t value) {
  std::array<std::byte, 4> bytes;
  store_big(bytes.data(), value);
  out_.insert(out_.end(), bytes.begin(), bytes.end());
}

void Writer::hyper(std::uint64_t value) {
  std::array<std::byte, 8> bytes;
  store_big(bytes.data(), value);
  out_.insert(out_.end(), bytes.begin(), bytes.end());
}

void Writer::raw(Bytes bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  out_.insert(out_.end(), padding(bytes.size()), std::byte{0});
}

std::uint32_t Reader::word() {
  const Bytes bytes = raw(4);
  return failed_ ? 0 : load_big<std::uint32_t>(bytes.data());
}

std::uint64_t Reader::hyper() {
  const Bytes bytes = raw(8);
  return failed_ ? 0 : load_big<std::uint64_t>(bytes.data());
}

Bytes Reader::raw(std::size_t count) {
  if (failed_) return {};
  const std::size_t whole = count + padding(count);
  if (count > in_.size() || whole > in_.size()) {
    refuse(std::to_string(whole) + " bytes are needed and " + std::to_string(in_.size()) + " are left");
    return {};
  }
  const Bytes bytes = in_.first(count);
  in_ = in_.subspan(whole);
  return bytes;
}

std::uint32_t Reader::count(std::size_t max, std::size_t each) {
  const std::uint32_t n = word();
  if (failed_) return 0;
  if (n > max) {
    refuse("a length of " + std::to_string(n) + " is over the limit of " + std::to_string(max));
    return 0;
  }
  if (n * std::uint64_t{each} > in_.size()) {
    refuse("a length of " + std::to_string(n) + " is announced and " + std::to_string(in_.size()) + " bytes are left");
    return 0;
  }
  return n;
}

void Reader::refuse(std::string why) {
  if (failed_) return;
  failed_ = true;
  why_ = std::move(why);
}

Error Reader::error() const {
  // The first words are libvirtd's: clients and their logs are searched for them.
  return Error{.code = Code::rpc, .message = "Unable to decode message payload: " + why_, .domain = ErrorDomain::rpc};
}

void Coding<TypedValue>::put(Writer& w, const TypedValue& v) {
  w.word(static_cast<std::uint32_t>(v.index() + 1));
  std::visit([&]<class T>(const T& value) { Coding<T>::put(w, value); }, v);
}

namespace {

template <std::size_t... I>
bool get_alternative(Reader& r, TypedValue& v, std::size_t index, std::index_sequence<I...>) {
  return ((index == I && (Coding<std::variant_alternative_t<I, TypedValue>>::get(r, v.emplace<I>()), true)) || ...);
}

}  // namespace

void Coding<TypedValue>::get(Reader& r, TypedValue& v) {
  const std::uint32_t type = r.word();
  if (r.failed()) return;
  if (!get_alternative(r, v, std::size_t{type} - 1, std::make_index_sequence<std::variant_size_v<TypedValue>>{})) {
    r.refuse("a typed parameter is of type " + std::to_string(type));
  }
}

}  // namespace sluice::xdr
