#include "daemon/http_request.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace sluice::daemon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What a request is answered with, whole and one byte at a time.
HttpAnswer answer_to(std::string_view text) {
  HttpRequest whole, bytewise;
  whole.receive(as_bytes(text));
  for (std::size_t at = 0; at < text.size() && !bytewise.complete(); ++at) {
    bytewise.receive(as_bytes(text.substr(at, 1)));
  }
  for (HttpRequest* request : {&whole, &bytewise}) {
    if (!request->complete()) request->ended();
  }
  EXPECT_EQ(whole.answer().status, bytewise.answer().status) << text;
  return whole.answer();
}

TEST(HttpRequest, GetsTheFigures) {
  EXPECT_EQ(answer_to("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").status, 200u);
  EXPECT_EQ(answer_to("GET /metrics HTTP/1.0\r\n\r\n").status, 200u);
  EXPECT_EQ(answer_to("GET /metrics?name[]=up HTTP/1.1\r\nAccept: */*\r\n\r\n").status, 200u);
}

TEST(HttpRequest, OtherPlacesAreNotThere) {
  for (const std::string target : {"/", "/metrics/", "/metric", "*", "http://x/metrics", "/metrics%00"}) {
    const HttpAnswer answer = answer_to("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(answer.status, 404u) << target;
    EXPECT_THAT(answer.body, HasSubstr("/metrics"));
  }
}

TEST(HttpRequest, NothingButGetIsAllowed) {
  for (const std::string method : {"POST", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW"}) {
    const HttpAnswer answer = answer_to(method + " /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde");
    EXPECT_EQ(answer.status, 405u) << method;
    EXPECT_THAT(head_of(answer), HasSubstr("\r\nAllow: GET\r\n"));
  }
}

TEST(HttpRequest, GarbageIsToldSo) {
  using namespace std::string_view_literals;
  for (const std::string_view garbage :
       {"\r\n\r\n"sv, "GET\r\n\r\n"sv, "GET /metrics\r\n\r\n"sv, "GET /metrics HTTP/9.9\r\n\r\n"sv,
        "GET /metrics HTTP/1.1\r\nno colon\r\n\r\n"sv, "GET /metrics HTTP/1.1\r\nA: \x01\r\n\r\n"sv,
        "\0\0\0\x1c\x20\0\x80\x86"sv, "\x16\x03\x01\x02\0\x01\0"sv,
        "GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n"sv,
        "GET /metrics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv}) {
    const HttpAnswer answer = answer_to(garbage);
    EXPECT_EQ(answer.status, 400u) << garbage;
    EXPECT_THAT(answer.body, StartsWith("this is no request: "));
  }
}

TEST(HttpRequest, EndsBeforeItIsComplete) {
  for (const std::string_view part : {"", "G", "GET /metrics HTTP/1.1", "GET /metrics HTTP/1.1\r\nHost: x\r\n"}) {
    EXPECT_EQ(answer_to(part).status, 400u) << part;
  }
}

TEST(HttpRequest, HeadersHaveALimit) {
  const std::string many = std::string(limits::scrape_request_max, 'a');
  EXPECT_EQ(answer_to("GET /metrics HTTP/1.1\r\nA: " + many + "\r\n\r\n").status, 431u);
  EXPECT_EQ(answer_to("GET /" + many).status, 431u) << "a line that never ends";
  std::string lines = "GET /metrics HTTP/1.1\r\n";
  while (lines.size() <= 2 * limits::scrape_request_max) lines += "A: b\r\n";
  EXPECT_EQ(answer_to(lines).status, 431u);
}

TEST(HttpRequest, AnAnswerSaysHowLongItIs) {
  EXPECT_EQ(head_of({.status = 200, .body = "figures"}),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: "
            "7\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head_of({.status = 404}), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}

}  // namespace
}  // namespace sluice::daemon
