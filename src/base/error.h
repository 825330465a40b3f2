#pragma once
// An Error is what went wrong, as a value: the same code, domain and sentence that travel in libvirt's error struct.
//
//   return std::unexpected(Error{Code::no_domain, "no machine is called 'web1'"});
//
// The pure half returns errors, the running half throws them as Failure (io/failure.h).

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

// Numbers of libvirt's virErrorNumber; only those that Sluice sends or decides by.
enum class Code : std::int32_t {
  ok = 0,
  internal_error = 1,
  no_memory = 2,
  no_support = 3,
  no_connect = 5,
  invalid_conn = 6,
  invalid_domain = 7,
  invalid_arg = 8,
  operation_failed = 9,
  xml_error = 27,
  dom_exist = 28,
  operation_denied = 29,
  open_failed = 30,
  conf_syntax = 33,
  xml_detail = 35,
  system_error = 38,
  rpc = 39,
  no_domain = 42,
  auth_failed = 45,
  no_storage_pool = 49,
  no_storage_vol = 50,
  operation_invalid = 55,
  config_unsupported = 67,
  operation_timeout = 68,
  invalid_stream = 73,
  argument_unsupported = 74,
  operation_aborted = 78,
  no_domain_metadata = 80,
  overflow = 82,
  operation_unsupported = 84,
  resource_busy = 87,
  access_denied = 88,
  storage_vol_exist = 90,
};

std::string_view name(Code code);  // "no_domain"; "other" for a number not listed here

// Numbers of libvirt's virErrorDomain: who speaks.
enum class ErrorDomain : std::int32_t {
  none = 0,
  xml = 5,
  rpc = 7,
  conf = 9,
  qemu = 10,
  remote = 13,
  storage = 18,
  domain = 20,
  streams = 38,
  event = 40,
  uri = 45,
  auth = 46,
};

enum class Origin : std::uint8_t { local, remote };  // remote: the peer said so

struct [[gnu::visibility("default")]] Error {
  Code code = Code::internal_error;
  std::string message;
  ErrorDomain domain = ErrorDomain::none;
  Origin origin = Origin::local;
  std::int32_t os_error = 0;  // errno, for Code::system_error

  // The same error with what was being tried in front: "cannot save machine 'web1': disk full".
  Error while_doing(std::string_view what) const;
  bool operator==(const Error&) const = default;
};

// A failed system call: "cannot open '/x': No such file or directory".
[[gnu::visibility("default")]] Error system_failure(std::string_view what, int os_error);

}  // namespace sluice
