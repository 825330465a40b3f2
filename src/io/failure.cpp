#include "io/failure.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <new>
#include <system_error>

namespace sluice::io {
namespace {

Error translate(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const Failure& failure) {
    return failure.error;
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) {
      return Error{.code = Code::operation_aborted, .message = "cancelled"};
    }
    if (e.code() == boost::asio::error::eof) return Error{.code = Code::system_error, .message = "end of file"};
    return Error{.code = Code::system_error, .message = e.code().message(), .os_error = e.code().value()};
  } catch (const std::system_error& e) {
    return Error{.code = Code::system_error, .message = e.what(), .os_error = e.code().value()};
  } catch (const std::bad_alloc&) {
    return Error{.code = Code::no_memory, .message = "out of memory"};
  } catch (const std::exception& e) {
    return Error{.code = Code::internal_error, .message = e.what()};
  } catch (...) {
    return Error{.code = Code::internal_error, .message = "unknown exception"};
  }
}

}  // namespace

Error reason(const std::exception_ptr& failed) noexcept {
  try {
    return translate(failed);
  } catch (...) {  // no memory for the message either
    return Error{.code = Code::no_memory};
  }
}

}  // namespace sluice::io
