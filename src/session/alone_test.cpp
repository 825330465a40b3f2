#include "session/alone.h"

#include <gtest/gtest.h>

#include "base/assert.h"

namespace sluice::session {
namespace {

std::string_view proc_name(std::uint32_t program, std::int32_t procedure) {
  for (const ProgramInfo& known : {remote::Remote::info(), Sample::info(), remote::Extension::info()}) {
    if (known.number != program) continue;
    if (const Proc* proc = known.find(procedure)) return proc->name;
  }
  if (program == remote::keepalive_program) return procedure == remote::keepalive_ping ? "ping" : "pong";
  return "unknown";
}

std::string named(const CallId& id) {
  return std::string(proc_name(id.program, id.procedure)) + " #" + std::to_string(id.serial);
}

std::string reason(const Error& why) {
  return "error " + std::to_string(static_cast<int>(why.code)) + " " + why.message;
}

std::string shown(Bytes bytes) { return bytes.empty() ? "" : " '" + std::string(as_text(bytes)) + "'"; }

struct Line {
  std::string operator()(const CallArrived& e) const {
    return "call " + named(e.id) + (e.reply_last ? " reply last" : "") + shown(e.args);
  }
  std::string operator()(const ReplyArrived& e) const {
    return "reply " + named(e.id) + " " + (e.outcome ? "ok" + shown(*e.outcome) : reason(e.outcome.error()));
  }
  std::string operator()(const Notified& e) const {
    return "event " + std::string(proc_name(e.program, e.procedure)) + shown(e.fields);
  }
  std::string operator()(const StreamHole& e) const { return "hole " + named(e.id) + " " + std::to_string(e.length); }
  std::string operator()(const StreamEnded& e) const { return "ended " + named(e.id); }
  std::string operator()(const StreamFinished& e) const { return "finished " + named(e.id); }
  std::string operator()(const StreamConfirmed& e) const {
    return (e.aborted ? "aborted " : "confirmed ") + named(e.id) + shown(e.result);
  }
  std::string operator()(const StreamFailed& e) const { return "failed " + named(e.id) + " " + reason(e.why); }
  std::string operator()(const WindowOpened& e) const { return "window opened " + named(e.id); }
  std::string operator()(const HelloAnswered& e) const { return e.extended ? "extended" : "not extended"; }
  std::string operator()(const Broken& e) const { return "broken: " + e.why.message; }
};

}  // namespace

std::string as_line(const Event& event) { return std::visit(Line{}, event); }

std::string as_line(const Header& header, Bytes payload) {
  std::string line =
      std::string(wire::name(header.kind)) + " " + named({header.program, header.procedure, header.serial});
  if (header.kind == Kind::event && header.program == remote::Extension::number &&
      header.procedure == remote::Weight::proc.number) {
    const auto weight = xdr::decode<remote::Weight>(payload);
    ensure(weight.has_value(), "a weight is well formed");
    return "WEIGHT " + named({weight->program, weight->procedure, weight->serial}) + " " +
           std::to_string(weight->weight);
  }
  if (header.kind == Kind::event && header.program == remote::Extension::number) {
    const auto window = xdr::decode<remote::Window>(payload);
    ensure(window.has_value(), "a window message is well formed");
    return "WINDOW " + named({window->program, window->procedure, window->serial}) + " " +
           std::to_string(window->limit);
  }
  if (header.kind == Kind::hole) {
    const auto hole = xdr::decode<remote::StreamHole>(payload);
    ensure(hole.has_value(), "a hole is well formed");
    return line + " " + std::to_string(hole->length);
  }
  switch (header.status) {
    case Status::ok: line += " ok"; break;
    case Status::error: return line + (payload.empty() ? " error" : " " + reason(remote::decode_error(payload)));
    case Status::more: line += " more"; break;
  }
  return payload.size() > 64 ? line + " " + std::to_string(payload.size()) + " bytes" : line + shown(payload);
}

void Alone::arrives(const Header& header, Bytes payload) { arrives_raw(wire::frame(header, payload)); }

void Alone::arrives_raw(Bytes bytes) {
  while (!bytes.empty()) {
    if (const auto body = session.body()) {
      const auto part = bytes.first(std::min<std::size_t>(body->left, bytes.size()));
      (body->drop ? dropped : inbox[body->id]) += as_text(part);
      session.received(static_cast<std::uint32_t>(part.size()));
      bytes = bytes.subspan(part.size());
    } else {
      const std::size_t took = session.receive(bytes);
      if (took == 0 && !session.body()) return;  // broken
      bytes = bytes.subspan(took);
    }
  }
}

std::string Alone::said(std::uint32_t max_body) {
  std::string lines;
  while (const auto out = session.compose(max_body)) {
    Buffer frame = out->head;
    if (out->stream) {
      std::string& queue = outbox[*out->stream];
      ensure(out->body > 0 && out->body <= queue.size(), "only what is there is sent");
      const Bytes body = as_bytes(queue).first(out->body);
      frame.insert(frame.end(), body.begin(), body.end());
      queue.erase(0, out->body);
    }
    const auto decoded = xdr::decode_front<Header>(Bytes(frame).subspan(4));
    ensure(decoded && load_big<std::uint32_t>(frame.data()) == frame.size(), "the length word is right");
    lines += as_line(decoded->value, decoded->rest) + "\n";
  }
  EXPECT_FALSE(session.wants_to_send());
  return lines;
}

std::string Alone::told() {
  std::string lines;
  while (const auto event = session.next()) lines += as_line(*event) + "\n";
  return lines;
}

void Alone::become_extended(remote::HelloFields theirs) {
  Header hello{.program = remote::Extension::number, .procedure = 1, .serial = 1000};
  if (side_ == Side::daemon) {
    arrives(hello, xdr::encode(theirs));
    EXPECT_TRUE(said().starts_with("REPLY hello #1000 ok"));
  } else {
    session.hello();
    EXPECT_TRUE(said().starts_with("CALL hello #0 ok"));
    hello.kind = Kind::reply;
    hello.serial = 0;
    arrives(hello, xdr::encode(theirs));
    EXPECT_EQ(told(), "extended\n");
  }
  EXPECT_TRUE(session.extended());
}

void Alone::window(const CallId& id, std::uint64_t limit) {
  arrives({.program = remote::Extension::number, .version = 1, .procedure = 2, .kind = Kind::event, .serial = 0},
          xdr::encode(remote::Window{id.program, id.procedure, id.serial, limit}));
}

TEST(Session, AnswersACall) {
  Alone daemon(Side::daemon);
  daemon.arrives(call(Plain::proc, 3), "question");
  EXPECT_EQ(daemon.told(), "call plain #3 'question'\n");
  daemon.session.reply(id_of(Plain::proc, 3), text("answer"));
  EXPECT_EQ(daemon.said(), "REPLY plain #3 ok 'answer'\n");
}

TEST(Session, CarriesAnUpload) {
  Alone client(Side::client);
  Alone daemon(Side::daemon);
  const CallId id = client.session.call(Sample::number, Upload::proc, text("args"), {});
  EXPECT_EQ(client.said(), "CALL upload #0 ok 'args'\n");
  daemon.arrives(call(Upload::proc, 0), "args");
  EXPECT_EQ(daemon.told(), "call upload #0 'args'\n");
  daemon.session.accept(id, {});
  EXPECT_EQ(daemon.said(), "REPLY upload #0 ok\n");
  client.arrives(reply(Upload::proc, 0));
  EXPECT_EQ(client.told(), "reply upload #0 ok\n");
  client.ready(id, "water");
  client.session.finish(id);
  EXPECT_EQ(client.said(2),
            "STREAM upload #0 more 'wa'\nSTREAM upload #0 more 'te'\nSTREAM upload #0 more 'r'\n"
            "STREAM upload #0 ok\n");
  daemon.arrives(data(Upload::proc, 0), "water");
  daemon.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(daemon.inbox[id], "water");
  EXPECT_EQ(daemon.told(), "finished upload #0\n");
  daemon.session.done(id, {});
  EXPECT_EQ(daemon.said(), "STREAM upload #0 ok\n");
  client.arrives(finish(Upload::proc, 0));
  EXPECT_EQ(client.told(), "confirmed upload #0\n");
  EXPECT_EQ(client.session.streams() + daemon.session.streams(), 0u);
}

TEST(Session, MovesToWhereItIsNeeded) {
  Alone first(Side::client);
  first.session.call(Sample::number, Plain::proc, {}, {});
  Alone second(Side::daemon);
  second.session = std::move(first.session);
  EXPECT_EQ(second.said(), "CALL plain #0 ok\n");
}

TEST(Session, CarriesADownload) {
  Alone daemon(Side::daemon);
  const CallId id = id_of(Download::proc, 1);
  daemon.arrives(call(Download::proc, 1));
  daemon.session.accept(id, text("cookie"));
  daemon.ready(id, "water");
  daemon.session.end(id);
  EXPECT_EQ(daemon.said(), "REPLY download #1 ok 'cookie'\nSTREAM download #1 more 'water'\nSTREAM download #1 more\n");
  daemon.arrives(finish(Download::proc, 1));
  EXPECT_EQ(daemon.told(), "call download #1\nfinished download #1\n");
  daemon.session.done(id, {});
  EXPECT_EQ(daemon.said(), "STREAM download #1 ok\n");
}

}  // namespace sluice::session
