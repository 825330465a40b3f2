#pragma once
// A server for programs of your own: handlers are plain functions that may block, each call on a thread of the server.
//
//   Server server({.socket = "/run/words.sock"});
//   server.on<Words>([](const WordCount& ask, Stream& text) {
//     std::uint64_t words = 0;
//     while (auto n = text.read(room)) words += count(room.first(n));
//     return WordCount::Result{words};                       // the client's finish gives it
//   });
//   server.start();                                          // until stop(), or the end of the Server
//
// A handler of a procedure without a stream is `Reply(const P&)`, one with a stream `Result(const P&, Stream&)`. What
// it throws is the client's error; a Failure travels as itself. When the client aborts or vanishes, the handler's next
// call on the stream throws. Who may connect is who may open the socket's file.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/program.h"

namespace sluice {
namespace client {
class Serving;
}
inline namespace v1 {

struct ServerOptions {
  std::string socket;                   // path of the socket's file
  unsigned mode = 0600;                 // of that file
  unsigned threads = 16;                // handlers at once; more calls wait
  std::string name = "Sluice service";  // told to clients, for their logs
};

class [[gnu::visibility("default")]] Server {
 public:
  explicit Server(ServerOptions options);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();  // stop()

  // Before start. The procedure is the one whose fields the handler takes first.
  template <class InProgram, class Handler>
  void on(Handler handler) {
    add<InProgram>(std::function(std::move(handler)));
  }
  void start();  // listens when it returns
  void stop();   // no new calls; clients are cut off; returns when all handlers are over

  using Raw = std::function<std::vector<std::byte>(std::span<const std::byte> fields, Stream& stream)>;
  void on_raw(const ProgramInfo& program, const Proc& proc, Raw handler);

 private:
  template <class InProgram, class Answer, class P>
  void add(std::function<Answer(const P&)> handler) {
    static_assert(InProgram::template has<P>, "the program has no such procedure");
    static_assert(P::proc.stream == Streaming::none, "a handler of a procedure with a stream takes Stream&");
    on_raw(InProgram::info(), P::proc, [handler = std::move(handler)](std::span<const std::byte> fields, Stream&) {
      return xdr::encode(typename P::Reply(handler(fields_of<P>(fields))));
    });
  }
  template <class InProgram, class Answer, class P>
  void add(std::function<Answer(const P&, Stream&)> handler) {
    static_assert(InProgram::template has<P>, "the program has no such procedure");
    static_assert(P::proc.stream != Streaming::none,
                  "a handler of a procedure without a stream takes its fields alone");
    static_assert(std::is_same_v<typename P::Reply, Void>, "what a handler with a stream answers is P::Result");
    on_raw(InProgram::info(), P::proc,
           [handler = std::move(handler)](std::span<const std::byte> fields, Stream& stream) {
             if constexpr (std::is_void_v<Answer>) {
               handler(fields_of<P>(fields), stream);
               return std::vector<std::byte>();
             } else {
               return xdr::encode(remote::ResultOf<P>(handler(fields_of<P>(fields), stream)));
             }
           });
  }
  // Arguments may be followed by fields of later versions.
  template <class P>
  static P fields_of(std::span<const std::byte> bytes) {
    auto front = xdr::decode_front<P>(bytes);
    if (!front) throw Failure(front.error());
    return std::move(front->value);
  }

  std::unique_ptr<client::Serving> serving_;
};

}  // namespace v1
}  // namespace sluice
