#pragma once
// A stream that is accepted when its bytes begin to flow, and not before: what a host refuses until then ("the machine
// is not running", "another job is under way") becomes the error reply of the call instead of an abort.
//
//   LateSink sink(call.incoming());
//   co_await machine->save(sink, options, job);

#include "io/stream.h"
#include "link/link.h"

namespace sluice::service {

class LateSink final : public io::Sink {
 public:
  explicit LateSink(link::Incoming& call) : call_(call) {}
  io::Task<> write(io::Piece piece) override { return sink().write(std::move(piece)); }
  io::Task<> finish() override { return sink().finish(); }
  void abort(Error why) noexcept override {
    if (call_.accepted()) call_.sink().abort(std::move(why));
  }
  bool takes_spliced() const override { return call_.takes_spliced(); }
  io::Task<> wanted() override { return sink().wanted(); }  // who asks has found what he will send

 private:
  io::Sink& sink() {
    if (!call_.accepted()) call_.accept({});
    return call_.sink();
  }
  link::Incoming& call_;
};

class LateSource final : public io::Source {
 public:
  explicit LateSource(link::Incoming& call) : call_(call) {}
  io::Task<io::Piece> read() override {
    if (!call_.accepted()) call_.accept({});
    return call_.source().read();
  }
  void stop(Error why) noexcept override {
    if (call_.accepted()) call_.source().stop(std::move(why));
  }
  void may_splice() override {  // who says so is about to read
    if (!call_.accepted()) call_.accept({});
    call_.source().may_splice();
  }

 private:
  link::Incoming& call_;
};

}  // namespace sluice::service
