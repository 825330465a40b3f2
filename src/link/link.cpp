#include "link/link.h"

#include "base/assert.h"
#include "link/answer.h"
#include "link/core.h"
#include "link/inside.h"
#include "link/request.h"

namespace sluice::link {

Link::Link(io::Executor executor, std::unique_ptr<io::Transport> transport, session::Session session, io::Clock& clock)
    : inside_(std::make_unique<Inside>(std::move(executor), std::move(transport), std::move(session), clock)) {}
Link::~Link() = default;

Task<Error> Link::run(Responder* responder) {
  Inside& inside = *inside_;
  inside.responder = responder;
  auto body = [&inside](io::Scope& loops) -> Task<> {
    auto handlers = [&inside, &loops](io::Scope& scope) -> Task<> {
      inside.handlers = &scope;  // before the loops: what they find may be there already, and is answered at once
      loops.spawn(inside.read());
      loops.spawn(inside.write());
      loops.spawn(inside.tick());
      co_await inside.until_over();
    };
    co_await io::scoped(handlers);
  };
  std::exception_ptr failed;
  try {
    co_await io::scoped(body);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) std::rethrow_exception(failed);
  co_return inside.core.why();
}

void Link::close(Error why) { inside_->end(std::move(why)); }

bool Link::over() const { return inside_->core.over(); }

Task<> Link::hello() {
  Inside& inside = *inside_;
  inside.refuse_over();
  inside.core.session().hello();
  inside.core.touched();
  co_await inside.hello_answered.until([&inside] { return inside.hello_known || inside.core.over(); });
  inside.refuse_over();
}

bool Link::extended() const { return inside_->core.session().extended(); }
bool Link::weights_possible() const { return inside_->core.session().weights_possible(); }

Task<Buffer> Link::call(std::uint32_t program, const Proc& proc, Buffer args) {
  ensure(proc.stream == remote::Streaming::none, "a streaming procedure is called with open");
  inside_->refuse_over();
  Core& core = inside_->core;
  Request request(core, core.session().call(program, proc, std::move(args), {}));
  core.touched();
  co_return co_await request.reply();
}

Task<std::unique_ptr<Outgoing>> Link::open(std::uint32_t program, const Proc& proc, Buffer args, OpenOptions options) {
  std::unique_ptr<Outgoing> stream = begin(program, proc, std::move(args), options);
  co_await stream->opened();
  co_return stream;
}

std::unique_ptr<Outgoing> Link::begin(std::uint32_t program, const Proc& proc, Buffer args, OpenOptions options) {
  ensure(proc.stream != remote::Streaming::none, "a procedure without a stream is called with call");
  inside_->refuse_over();
  Core& core = inside_->core;
  const bool reply_last = options.reply_last && proc.stream == remote::Streaming::up &&
                          core.session().reply_last_possible() && core.session().streams() < limits::crowd / 2;
  const CallId id = core.session().call(program, proc, std::move(args),
                                        {.reply_last = reply_last, .reads_later = options.reads_later});
  auto stream = std::make_unique<Opened>(core, id, proc.stream,
                                         OpenOptions{.reply_last = reply_last, .reads_later = options.reads_later});
  core.touched();
  return stream;
}

bool Link::braked() const { return inside_->core.session().braked(); }
std::size_t Link::streams() const { return inside_->core.session().streams(); }
std::size_t Link::control_queued() const { return inside_->core.session().control_queued(); }

void Link::notify(std::uint32_t program, const Proc& proc, Buffer fields) {
  if (inside_->core.over()) return;
  inside_->core.session().notify(program, proc, std::move(fields));
  inside_->core.touched();
}

void Link::on_event(std::function<void(const session::Notified&)> told) { inside_->told = std::move(told); }

io::Identity Link::peer() const { return inside_->transport->peer(); }
const io::Executor& Link::executor() const { return inside_->core.executor(); }
const session::Counters& Link::counters() const { return inside_->core.session().counters(); }

}  // namespace sluice::link
