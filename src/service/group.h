#pragma once
// A Group is the table of the procedures that one class of handlers serves: a handler is an overload of operator() that
// takes Call<P>& and gives Task<P::Reply> (streaming: Task<P::Result>). A missing overload does not compile.
//
//   class NodeHandlers {
//    public:
//     using Served = Procedures<NodeGetInfo, NodeGetFreeMemory>;
//     Task<NodeGetInfo::Reply> operator()(Call<NodeGetInfo>& call);  ...
//     Group group();                                     // in node_handlers.cpp: return group_of(*this);
//
// The tables are made in the handlers' own files, so that each compiles in seconds.

#include <algorithm>
#include <array>
#include <span>

#include "service/call.h"

namespace sluice::service {

struct Entry {
  std::int32_t procedure;
  Task<Buffer> (*answer)(void* handlers, link::Incoming& call);
};

struct Group {
  std::span<const Entry> entries;  // sorted
  void* handlers = nullptr;

  const Entry* find(std::int32_t procedure) const {
    const auto at = std::ranges::lower_bound(entries, procedure, {}, &Entry::procedure);
    return at != entries.end() && at->procedure == procedure ? &*at : nullptr;
  }
};

template <class... P>
struct Procedures {
  template <class Q>
  static constexpr bool has = (std::is_same_v<P, Q> || ...);
};

template <class Handlers, class P>
Task<Buffer> answer(void* handlers, link::Incoming& incoming) {
  Call<P> call(incoming);
  auto& typed = *static_cast<Handlers*>(handlers);
  if constexpr (P::proc.stream == Streaming::none) {
    const typename P::Reply reply = co_await typed(call);
    co_return xdr::encode(reply);
  } else {
    const remote::ResultOf<P> result = co_await typed(call);
    co_return xdr::encode(result);
  }
}

template <class Handlers, class Served>
struct Table;
template <class Handlers, class... P>
struct Table<Handlers, Procedures<P...>> {
  static constexpr std::array<Entry, sizeof...(P)> entries = [] {
    std::array<Entry, sizeof...(P)> sorted{Entry{P::proc.number, &answer<Handlers, P>}...};
    std::ranges::sort(sorted, {}, &Entry::procedure);
    return sorted;
  }();
  static_assert(std::ranges::adjacent_find(entries, {}, &Entry::procedure) == entries.end(),
                "a procedure is served twice");
};

template <class Handlers>
Group group_of(Handlers& handlers) {
  return {.entries = Table<Handlers, typename Handlers::Served>::entries, .handlers = &handlers};
}

}  // namespace sluice::service
