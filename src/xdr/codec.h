#pragma once
// Values <-> XDR bytes. Big-endian, everything padded to four bytes, every length bounded.
//
//   Buffer bytes = xdr::encode(ConnectOpen{.name = "qemu:///system"});
//   Result<ConnectOpen> open = xdr::decode<ConnectOpen>(bytes);          // the whole input, or an error; never
//   partial, never throws auto front = xdr::decode_front<DomainGetInfo>(bytes);                // and what is left
//   over: call arguments ignore it, as libvirtd does
//
// A decoder allocates no more than the bytes that are there: a count is compared with what its items need at least.

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/uuid.h"
#include "xdr/members.h"
#include "xdr/types.h"

namespace sluice::xdr {

class [[gnu::visibility("default")]] Writer {
 public:
  void word(std::uint32_t value);
  void hyper(std::uint64_t value);
  void raw(Bytes bytes);  // and padding
  Buffer take() { return std::move(out_); }

 private:
  Buffer out_;
};

class [[gnu::visibility("default")]] Reader {
 public:
  explicit Reader(Bytes in) : in_(in) {}
  std::uint32_t word();
  std::uint64_t hyper();
  Bytes raw(std::size_t count);  // without its padding, which is taken too
  // A count of items that need `each` bytes at least; refused above `max` and when they cannot be there.
  std::uint32_t count(std::size_t max, std::size_t each);
  void refuse(std::string why);  // the first reason stays
  bool failed() const { return failed_; }
  Bytes rest() const { return in_; }
  Error error() const;

 private:
  Bytes in_;
  bool failed_ = false;
  std::string why_;
};

// Coding<T>: put, get, and the fewest bytes a value takes.
template <class T>
struct Coding;

template <class T>
  requires(std::is_integral_v<T> && (sizeof(T) == 4 || sizeof(T) == 8) && !std::is_same_v<T, bool>)
struct Coding<T> {
  static constexpr std::size_t least = sizeof(T);
  static void put(Writer& w, T v) {
    if constexpr (sizeof(T) == 4) {
      w.word(static_cast<std::uint32_t>(v));
    } else {
      w.hyper(static_cast<std::uint64_t>(v));
    }
  }
  static void get(Reader& r, T& v) {
    if constexpr (sizeof(T) == 4) {
      v = static_cast<T>(r.word());
    } else {
      v = static_cast<T>(r.hyper());
    }
  }
};

template <class T>
  requires std::is_enum_v<T>
struct Coding<T> {  // raw: an unknown value must reach whoever answers it
  using Number = std::underlying_type_t<T>;
  static constexpr std::size_t least = sizeof(Number);
  static void put(Writer& w, T v) { Coding<Number>::put(w, static_cast<Number>(v)); }
  static void get(Reader& r, T& v) {
    Number n{};
    Coding<Number>::get(r, n);
    v = static_cast<T>(n);
  }
};

template <>
struct Coding<double> {
  static constexpr std::size_t least = 8;
  static void put(Writer& w, double v) { w.hyper(std::bit_cast<std::uint64_t>(v)); }
  static void get(Reader& r, double& v) { v = std::bit_cast<double>(r.hyper()); }
};

template <>
struct Coding<std::string> {
  static constexpr std::size_t least = 4;
  static void put(Writer& w, const std::string& v) {
    w.word(static_cast<std::uint32_t>(v.size()));
    w.raw(as_bytes(v));
  }
  static void get(Reader& r, std::string& v) { v = as_text(r.raw(r.count(limits::string_max, 1))); }
};

template <>
struct Coding<Uuid> {
  static constexpr std::size_t least = 16;
  static void put(Writer& w, const Uuid& v) { w.raw(v.bytes); }
  static void get(Reader& r, Uuid& v) {
    const Bytes raw = r.raw(v.bytes.size());
    if (!r.failed()) std::ranges::copy(raw, v.bytes.begin());
  }
};

template <std::size_t Max>
struct Coding<Opaque<Max>> {
  static constexpr std::size_t least = 4;
  static void put(Writer& w, const Opaque<Max>& v) {
    w.word(static_cast<std::uint32_t>(v.bytes.size()));
    w.raw(v.bytes);
  }
  static void get(Reader& r, Opaque<Max>& v) {
    const Bytes raw = r.raw(r.count(Max, 1));
    v.bytes.assign(raw.begin(), raw.end());
  }
};

template <class T>
struct Coding<Wide<T>> {
  static constexpr std::size_t least = 4;
  static void put(Writer& w, Wide<T> v) { w.word(static_cast<std::uint32_t>(static_cast<std::int32_t>(v.value))); }
  static void get(Reader& r, Wide<T>& v) { v.value = static_cast<T>(r.word()); }
};

template <class T>
struct Coding<std::optional<T>> {
  static constexpr std::size_t least = 4;
  static void put(Writer& w, const std::optional<T>& v) {
    w.word(v ? 1 : 0);
    if (v) Coding<T>::put(w, *v);
  }
  static void get(Reader& r, std::optional<T>& v) {
    v.reset();
    const std::uint32_t present = r.word();
    if (present > 1) r.refuse("an optional value is marked " + std::to_string(present));
    if (present == 1 && !r.failed()) Coding<T>::get(r, v.emplace());
  }
};

template <class T, std::size_t Max>
struct Coding<List<T, Max>> {
  static constexpr std::size_t least = 4;
  static void put(Writer& w, const List<T, Max>& v) {
    w.word(static_cast<std::uint32_t>(v.items.size()));
    for (const T& item : v.items) Coding<T>::put(w, item);
  }
  static void get(Reader& r, List<T, Max>& v) {
    static_assert(Coding<T>::least > 0, "an item takes bytes, or a count could promise any number of them");
    const std::uint32_t count = r.count(Max, Coding<T>::least);
    v.items.clear();
    for (std::uint32_t i = 0; i < count && !r.failed(); ++i) Coding<T>::get(r, v.items.emplace_back());
  }
};

template <class T, std::size_t Max>
struct Coding<TailList<T, Max>> {
  static constexpr std::size_t least = 0;
  static void put(Writer& w, const TailList<T, Max>& v) {
    if (!v.items.empty()) Coding<List<T, Max>>::put(w, {v.items});
  }
  static void get(Reader& r, TailList<T, Max>& v) {
    v.items.clear();
    if (r.failed() || r.rest().empty()) return;
    List<T, Max> list;
    Coding<List<T, Max>>::get(r, list);
    if (list.items.empty())
      r.refuse("a list at the end has no items");  // what is written would differ from what is read
    v.items = std::move(list.items);
  }
};

template <class T, std::size_t N>
struct Coding<std::array<T, N>> {
  static constexpr std::size_t least = N * Coding<T>::least;
  static void put(Writer& w, const std::array<T, N>& v) {
    for (const T& item : v) Coding<T>::put(w, item);
  }
  static void get(Reader& r, std::array<T, N>& v) {
    for (T& item : v) Coding<T>::get(r, item);
  }
};

template <>
struct [[gnu::visibility("default")]] Coding<TypedValue> {
  static constexpr std::size_t least = 8;
  static void put(Writer& w, const TypedValue& v);
  static void get(Reader& r, TypedValue& v);
};

template <class T>
  requires(std::is_class_v<T> && std::is_aggregate_v<T>)
struct Coding<T> {
  static constexpr std::size_t least = [] {
    return []<class... F>(std::type_identity<std::tuple<F&...>>) {
      return (std::size_t{0} + ... + Coding<F>::least);
    }(std::type_identity<decltype(members(std::declval<T&>()))>{});
  }();
  static void put(Writer& w, const T& v) {
    for_each_member(v, [&](const auto& field) { Coding<std::remove_cvref_t<decltype(field)>>::put(w, field); });
  }
  static void get(Reader& r, T& v) {
    for_each_member(v, [&](auto& field) { Coding<std::remove_cvref_t<decltype(field)>>::get(r, field); });
  }
};

template <class T>
Buffer encode(const T& value) {
  Writer writer;
  Coding<T>::put(writer, value);
  return writer.take();
}

template <class T>
struct Front {
  T value;
  Bytes rest;  // of the input
};

template <class T>
Result<Front<T>> decode_front(Bytes in) {
  Reader reader(in);
  Front<T> front{};
  Coding<T>::get(reader, front.value);
  if (reader.failed()) return std::unexpected(reader.error());
  front.rest = reader.rest();
  return front;
}

template <class T>
Result<T> decode(Bytes in) {
  auto front = decode_front<T>(in);
  if (!front) return std::unexpected(std::move(front.error()));
  if (!front->rest.empty()) {
    return fault(Code::rpc,
                 "Unable to decode message payload: " + std::to_string(front->rest.size()) + " bytes are left over",
                 ErrorDomain::rpc);
  }
  return std::move(front->value);
}

}  // namespace sluice::xdr
