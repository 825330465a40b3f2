#include "base/error.h"

#include <system_error>

namespace sluice {

std::string_view name(Code code) {
  switch (code) {
    case Code::ok: return "ok";
    case Code::internal_error: return "internal_error";
    case Code::no_memory: return "no_memory";
    case Code::no_support: return "no_support";
    case Code::no_connect: return "no_connect";
    case Code::invalid_conn: return "invalid_conn";
    case Code::invalid_domain: return "invalid_domain";
    case Code::invalid_arg: return "invalid_arg";
    case Code::operation_failed: return "operation_failed";
    case Code::xml_error: return "xml_error";
    case Code::dom_exist: return "dom_exist";
    case Code::operation_denied: return "operation_denied";
    case Code::open_failed: return "open_failed";
    case Code::conf_syntax: return "conf_syntax";
    case Code::xml_detail: return "xml_detail";
    case Code::system_error: return "system_error";
    case Code::rpc: return "rpc";
    case Code::no_domain: return "no_domain";
    case Code::auth_failed: return "auth_failed";
    case Code::no_storage_pool: return "no_storage_pool";
    case Code::no_storage_vol: return "no_storage_vol";
    case Code::operation_invalid: return "operation_invalid";
    case Code::config_unsupported: return "config_unsupported";
    case Code::operation_timeout: return "operation_timeout";
    case Code::invalid_stream: return "invalid_stream";
    case Code::argument_unsupported: return "argument_unsupported";
    case Code::operation_aborted: return "operation_aborted";
    case Code::no_domain_metadata: return "no_domain_metadata";
    case Code::overflow: return "overflow";
    case Code::operation_unsupported: return "operation_unsupported";
    case Code::resource_busy: return "resource_busy";
    case Code::access_denied: return "access_denied";
    case Code::storage_vol_exist: return "storage_vol_exist";
  }
  return "other";
}

Error Error::while_doing(std::string_view what) const {
  Error longer = *this;
  longer.message = std::string(what) + ": " + message;
  return longer;
}

Error system_failure(std::string_view what, int os_error) {
  return Error{.code = Code::system_error,
               .message = std::string(what) + ": " + std::generic_category().message(os_error),
               .os_error = os_error};
}

}  // namespace sluice
