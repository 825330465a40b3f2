#include "service/save_options.h"

#include "io/failure.h"

namespace sluice::service {
namespace {

template <class T>
const T& value_of(const xdr::TypedParam& param) {
  const T* const value = std::get_if<T>(&param.value);
  if (value == nullptr) io::fail(Code::invalid_arg, "parameter '" + param.field + "' has the wrong type");
  return *value;
}

bool zstd_wanted(const std::string& compress) {
  if (compress == "zstd") return true;
  if (compress == "none") return false;
  io::fail(Code::invalid_arg, "parameter 'compress' is none or zstd, not '" + compress + "'");
}

int checked_level(std::int32_t level) {
  if (level >= 1 && level <= 19) return level;
  io::fail(Code::invalid_arg, "parameter 'level' is 1 to 19, not " + std::to_string(level));
}

}  // namespace

driver::Resume resume_of(std::uint32_t flags, std::uint32_t running, std::uint32_t paused) {
  const bool runs = (flags & running) != 0, stands = (flags & paused) != 0;
  if (runs && stands) io::fail(Code::invalid_arg, "a restored machine runs or is paused, not both");
  return runs ? driver::Resume::running : stands ? driver::Resume::paused : driver::Resume::as_it_was;
}

driver::SaveOptions save_options(const remote::TypedParams& params, driver::Resume resume) {
  driver::SaveOptions options{.resume = resume};
  for (const xdr::TypedParam& param : params.items) {
    if (param.field == "compress") {
      options.zstd = zstd_wanted(value_of<std::string>(param));
    } else if (param.field == "level") {
      options.level = checked_level(value_of<std::int32_t>(param));
    } else if (param.field == "bandwidth") {
      options.bandwidth = value_of<std::uint64_t>(param);
    } else {
      io::fail(Code::argument_unsupported, "parameter '" + param.field + "' is not supported");
    }
  }
  return options;
}

std::uint64_t restore_bandwidth(const remote::TypedParams& params) {
  std::uint64_t bandwidth = 0;
  for (const xdr::TypedParam& param : params.items) {
    if (param.field != "bandwidth") {
      io::fail(Code::argument_unsupported, "parameter '" + param.field + "' is not supported");
    }
    bandwidth = value_of<std::uint64_t>(param);
  }
  return bandwidth;
}

void need_absolute(const std::string& path) {
  if (!path.starts_with('/')) {
    io::fail(Code::invalid_arg, "'" + path + "' is not an absolute path on the daemon's host");
  }
}

}  // namespace sluice::service
