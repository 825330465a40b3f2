#include "remote/error_message.h"

#include "xdr/codec.h"

namespace sluice::remote {

ErrorMessage to_message(const Error& error) {
  ErrorMessage out{.code = static_cast<std::int32_t>(error.code),
                   .domain = static_cast<std::int32_t>(error.domain),
                   .message = error.message.substr(0, limits::string_max)};
  out.str1 = "%s";  // a format and its argument: what libvirt's clients print in their debug logs
  out.str2 = out.message;
  if (error.code == Code::system_error) out.int1 = error.os_error;
  return out;
}

Error from_message(const ErrorMessage& message) {
  Error error{.code = static_cast<Code>(message.code),
              .message = message.message.value_or("the peer gave no reason"),
              .domain = static_cast<ErrorDomain>(message.domain),
              .origin = Origin::remote};
  if (error.code == Code::system_error && message.int1 > 0) error.os_error = message.int1;
  return error;
}

Error decode_error(Bytes payload) {
  const auto message = xdr::decode_front<ErrorMessage>(payload);
  if (message) return from_message(message->value);
  Error unreadable = message.error().while_doing("the peer reported an error that cannot be read");
  unreadable.origin = Origin::remote;
  return unreadable;
}

}  // namespace sluice::remote
