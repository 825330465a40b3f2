#pragma once
// Programs of your own over the same connections and streams. A procedure is declared once, as a struct: number, name,
// direction of its stream, and its fields in wire order.
//
//   struct WordCount {
//     static constexpr sluice::Proc proc{1, "word_count", sluice::Streaming::up, sluice::Role::none};
//     using Reply = sluice::Void;                            // leaves when the call is accepted
//     struct Result { std::uint64_t words = 0; };            // leaves when the stream is over
//     std::uint32_t flags = 0;
//   };
//   using Words = sluice::Program<0x20770001, 1, WordCount>;
//
//   Connection connection = Connection::open("/run/words.sock");
//   auto text = connection.open<Words>(WordCount{});
//   text.write("three short words");
//   std::uint64_t words = text.finish().words;
//
// sluice/service.h is the other end. Fields may be (u)int32_t, (u)int64_t, double, std::string, std::optional<T>,
// std::array<T, N>, List<T, Max> and structs of these. Needs C++23.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "remote/proc.h"
#include "sluice/host.h"
#include "sluice/stream.h"
#include "xdr/codec.h"

namespace sluice {
inline namespace v1 {

using remote::Proc;
using remote::Program;
using remote::ProgramInfo;
using remote::Role;
using remote::Streaming;
using xdr::List;
using xdr::Void;

// The programs that a machine host speaks: libvirt's and Sluice's extension.
[[gnu::visibility("default")]] std::vector<ProgramInfo> host_programs();

// What was received, or a Failure.
template <class T>
T decoded(std::span<const std::byte> bytes) {
  Result<T> value = xdr::decode<T>(bytes);
  if (!value) throw Failure(value.error());
  return std::move(*value);
}

// The stream of procedure P: its finish gives P's Result.
template <class P>
class StreamOf : public Stream {
 public:
  using Answer = remote::ResultOf<P>;
  explicit StreamOf(Stream stream) : Stream(std::move(stream)) {}
  Answer finish() { return decoded<Answer>(Stream::finish()); }
  Answer send(const Input& from, const TransferOptions& options = {}) {
    return decoded<Answer>(Stream::send(from, options));
  }
  Answer receive(const Output& to, const TransferOptions& options = {}) {
    return decoded<Answer>(Stream::receive(to, options));
  }
};

class [[gnu::visibility("default")]] Connection {
 public:
  // To a Server of sluice/service.h that listens at this path.
  static Connection open(const std::string& socket, const ConnectOptions& options = {});

  template <class InProgram, class P>
  typename P::Reply call(const P& fields) {
    static_assert(InProgram::template has<P>, "the program has no such procedure");
    static_assert(InProgram::version == 1, "connections speak version 1 of programs");
    static_assert(P::proc.stream == Streaming::none, "a procedure with a stream is opened");
    return decoded<typename P::Reply>(call_raw(InProgram::number, P::proc, xdr::encode(fields)));
  }
  template <class InProgram, class P>
  StreamOf<P> open(const P& fields) {
    static_assert(InProgram::template has<P>, "the program has no such procedure");
    static_assert(InProgram::version == 1, "connections speak version 1 of programs");
    static_assert(P::proc.stream != Streaming::none, "a procedure without a stream is called");
    return StreamOf<P>(open_raw(InProgram::number, P::proc, xdr::encode(fields)));
  }

  bool alive() const;
  void close();

  // `proc` must outlive the connection.
  std::vector<std::byte> call_raw(std::uint32_t program, const Proc& proc, std::vector<std::byte> fields);
  Stream open_raw(std::uint32_t program, const Proc& proc, std::vector<std::byte> fields);

  explicit Connection(std::shared_ptr<client::Connected> connected);

 private:
  std::shared_ptr<client::Connected> connected_;
};

}  // namespace v1
}  // namespace sluice
