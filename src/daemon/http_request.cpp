#include "daemon/http_request.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include "base/assert.h"
#include "base/limits.h"

namespace sluice::daemon {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view path = "/metrics";

}  // namespace

std::string head_of(const HttpAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  head += http::obsolete_reason(static_cast<http::status>(answer.status));
  head += "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
  if (answer.status == 405) head += "Allow: GET\r\n";
  head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n";
  return head;
}

HttpRequest::HttpRequest() {
  parser_.header_limit(limits::scrape_request_max);
  parser_.body_limit(boost::none);  // is not read, however long it is said to be
}

void HttpRequest::receive(Bytes bytes) {
  ensure(!complete(), "a request is answered once");
  waiting_ += as_text(bytes);
  boost::system::error_code error;
  while (!parser_.is_header_done() && !error) {
    const std::size_t taken = parser_.put(boost::asio::buffer(waiting_), error);
    waiting_.erase(0, taken);
  }
  if (parser_.is_header_done()) {
    answer_ = decide();
  } else if (error == http::error::header_limit || waiting_.size() > limits::scrape_request_max) {
    answer_ = {.status = 431,
               .body = "a request has at most " + std::to_string(limits::scrape_request_max) + " bytes\n"};
  } else if (error != http::error::need_more) {
    answer_ = {.status = 400, .body = "this is no request: " + error.message() + "\n"};
  }
}

void HttpRequest::ended() {
  if (!complete()) answer_ = {.status = 400, .body = "this is no request: it ended before its header did\n"};
}

HttpAnswer HttpRequest::decide() const {
  const auto& request = parser_.get();
  const std::string_view target(request.target().data(), request.target().size());
  if (target.substr(0, target.find('?')) != path)
    return {.status = 404, .body = "figures are at " + std::string(path) + "\n"};
  if (request.method() != http::verb::get) return {.status = 405, .body = "figures are read with GET\n"};
  return {};
}

}  // namespace sluice::daemon
