#pragma once
// The XDR kinds of the remote protocol that C++ has no word for. Everything else is itself: std::int32_t,
// std::uint32_t, std::int64_t, std::uint64_t, double, std::string, std::optional<T>, std::array<T, N>, Uuid (16 raw
// bytes) and aggregates of these.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace sluice::xdr {

// T[<=Max]: a count, then the items.
template <class T, std::size_t Max>
struct List {
  static constexpr std::size_t max = Max;
  std::vector<T> items;
  bool operator==(const List&) const = default;
};

// A List that ends a message and is not there at all while it has no items: for what older peers neither send nor read.
template <class T, std::size_t Max>
struct TailList {
  std::vector<T> items = {};
  bool operator==(const TailList&) const = default;
};

// bytes<=Max: a count, the bytes, padding to four.
template <std::size_t Max>
struct Opaque {
  static constexpr std::size_t max = Max;
  Buffer bytes;
  bool operator==(const Opaque&) const = default;
};

// A small C integer that still takes four bytes: i8w, u8w, u16w. Decoding takes the low bytes, as libvirt does.
template <class T>
struct Wide {
  T value{};
  bool operator==(const Wide&) const = default;
};

// A typed parameter. The index of the alternative plus one is the type on the wire; Flag is type 6, an i32 used as a
// boolean.
struct Flag {
  std::int32_t value = 0;
  bool operator==(const Flag&) const = default;
};
using TypedValue = std::variant<std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, double, Flag, std::string>;
struct TypedParam {
  std::string field;
  TypedValue value;
  bool operator==(const TypedParam&) const = default;
};

struct Void {
  bool operator==(const Void&) const = default;
};

}  // namespace sluice::xdr
