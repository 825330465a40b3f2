// The end of a connection: everything that waits fails, then Broken.

#include "remote/extension.h"
#include "session/session_inside.h"

namespace sluice::session {

namespace {

bool asked_to_stop(const Stream& stream) {
  return stream.state == StreamState::opening_aborted || stream.state == StreamState::aborting ||
         stream.state == StreamState::aborting_late;
}

}  // namespace

void Session::Inside::violation(std::string what) {
  if (broken) return;
  ++counters.violations;
  end(Error{.code = Code::rpc, .message = "the peer broke the protocol: " + what, .domain = ErrorDomain::rpc});
}

void Session::Inside::end(const Error& why) {
  if (broken) return;
  for (auto& [id, call] : calls) {
    const bool streaming = call.stream && call.stream->state != StreamState::closed;
    if (side == Side::daemon) {
      if (streaming && !call.handler_over && !asked_to_stop(*call.stream)) tell(StreamFailed{.id = id, .why = why});
      continue;
    }
    const auto* row = step(call_rows, call.state, CallInput::lost);
    const bool hello = call.proc == &remote::Hello::proc;  // answered by HelloAnswered, or not at all
    if (row != nullptr) call.state = row->to;
    if (row != nullptr && row->action == CallAction::fail) {
      if (!hello) tell(ReplyArrived{.id = id, .outcome = std::unexpected(why)});
    } else if (streaming) {
      tell(StreamFailed{.id = id, .why = why});
    }
  }
  tell(Broken{why});
  broken = why;
  waiting = 0;
  streams = 0;
  control = ControlQueue();
  turns = Turns();
  limited.clear();
  waits_for_time.clear();
  stopping.clear();
  brake = Brake();
}

void Session::Inside::tell(Event event) {
  if (!broken) events.push_back(std::move(event));
}

}  // namespace sluice::session
