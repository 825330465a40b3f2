#pragma once
// HttpRequest: what a reader of figures asks for, as far as this daemon understands HTTP: the head of one request. What
// follows it is nobody's affair, because the connection is closed after the answer.
//
//   HttpRequest request;
//   while (!request.complete()) request.receive(bytes);            // any split
//   const HttpAnswer answer = request.answer();                    // 200: the body is to be filled in
//   send(head_of(answer) + answer.body);

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace sluice::daemon {

struct HttpAnswer {
  unsigned status = 200;
  std::string body = {};  // text
};

std::string head_of(const HttpAnswer& answer);

class HttpRequest {
 public:
  HttpRequest();

  void receive(Bytes bytes);  // not after it is complete
  void ended();               // the client sends no more
  bool complete() const { return answer_.has_value(); }
  const HttpAnswer& answer() const { return *answer_; }

 private:
  HttpAnswer decide() const;

  boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
  std::string waiting_;  // for the rest of its line
  std::optional<HttpAnswer> answer_;
};

}  // namespace sluice::daemon
