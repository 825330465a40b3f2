#include "sluice/pki.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "io/failure.h"
#include "io/fd.h"
#include "link/certificates.h"
#include "secure/issue.h"

namespace sluice::inline v1::pki {
namespace {

constexpr std::chrono::days least{1}, most{36'500};

// What the rooms throw, as the public API throws it.
template <class Do>
auto publicly(Do work) {
  try {
    return work();
  } catch (const io::Failure& e) {
    throw Failure(e.error);
  }
}

secure::Period period(std::chrono::days lasts) {
  if (lasts < least || lasts > most) {
    io::fail(Code::invalid_arg, "a certificate lasts from 1 to 36500 days, not " + std::to_string(lasts.count()));
  }
  const secure::UnixTime now = link::today();
  return {.from = now - std::chrono::minutes(5), .until = now + lasts};  // clocks of other machines may be late
}

struct NewFile {
  std::string path, text;
  mode_t mode;
};

// 0, or why not.
int write_all(int fd, std::string_view left) {
  while (!left.empty()) {
    const ssize_t count = ::write(fd, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

void write(const NewFile& file) {
  const io::Fd fd(::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.mode));
  if (!fd && errno == EEXIST) {
    io::fail(Code::operation_invalid, "'" + file.path + "' is there already; it is not written over: move it away");
  }
  const auto fail = [&file](int why) { io::fail_with_errno("cannot write '" + file.path + "'", why); };
  if (!fd) fail(errno);
  if (const int why = write_all(fd.get(), file.text); why != 0) {
    ::unlink(file.path.c_str());
    fail(why);
  }
}

// Both or none.
void write_pair(const std::string& certificate, const std::string& key, const secure::MadeCertificate& made) {
  write({.path = certificate, .text = made.certificate, .mode = 0644});
  try {
    write({.path = key, .text = made.key, .mode = 0600});
  } catch (const io::Failure&) {
    ::unlink(certificate.c_str());
    throw;
  }
}

void issue(const std::string& directory, const std::string& stem, const secure::Wanted& wanted) {
  const secure::OwnCertificate authority{.certificate = link::read_pem(directory + "/cacert.pem"),
                                         .key = link::read_pem(directory + "/cakey.pem")};
  const auto made = io::or_throw(secure::issue(authority, wanted));
  write_pair(directory + "/" + stem + "cert.pem", directory + "/" + stem + "key.pem", made);
}

link::Asker asker() {
  const char* const home = std::getenv("HOME");
  return {.root = ::geteuid() == 0, .home = home == nullptr ? "" : home};
}

Checked checked(const link::CertificatePlaces& places, const std::string& host) {
  const auto inspected = io::or_throw(secure::inspect(link::read_pem(places.certificate), host));
  return {.file = places.certificate, .name = inspected.name, .hosts = inspected.hosts, .until = inspected.until};
}

std::vector<Checked> check_all(const CheckOptions& options) {
  const auto daemon = options.directory.empty() ? link::daemon_places() : link::daemon_places(options.directory);
  const auto client = link::client_places(options.directory, asker());
  const auto wanted = [&](CheckOptions::Which which, const std::string& file) {
    std::error_code error;
    const bool needed = options.which == which || (!options.host.empty() && which == CheckOptions::Which::daemon);
    return needed || (options.which == CheckOptions::Which::there && std::filesystem::exists(file, error));
  };
  std::vector<Checked> good;
  if (wanted(CheckOptions::Which::daemon, daemon.certificate)) {
    static_cast<void>(link::daemon_credentials(daemon, {}, link::today()));
    good.push_back(checked(daemon, options.host));
  }
  if (wanted(CheckOptions::Which::client, client.certificate)) {
    static_cast<void>(link::client_credentials(client, secure::ClientFiles::Check::daemon, link::today()));
    good.push_back(checked(client, ""));
  }
  if (good.empty()) {
    io::fail(Code::invalid_arg, "there is neither '" + daemon.certificate + "' nor '" + client.certificate + "'");
  }
  return good;
}

}  // namespace

void make_authority(const std::string& directory, const AuthorityOptions& options) {
  publicly([&] {
    const auto made = io::or_throw(secure::make_authority(options.name, period(options.lasts)));
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) throw io::Failure(system_failure("cannot make '" + directory + "'", error.value()));
    write_pair(directory + "/cacert.pem", directory + "/cakey.pem", made);
  });
}

void issue_daemon(const std::string& directory, const DaemonOptions& options) {
  publicly([&] {
    if (options.hosts.empty()) {
      io::fail(Code::invalid_arg, "a daemon's certificate needs the names and addresses under which clients reach it");
    }
    issue(directory, "server",
          {.side = secure::Side::daemon,
           .name = options.name.empty() ? "CN=" + options.hosts.front() : options.name,
           .hosts = options.hosts,
           .period = period(options.lasts)});
  });
}

void issue_client(const std::string& directory, const ClientOptions& options) {
  publicly([&] {
    issue(directory, "client",
          {.side = secure::Side::client, .name = options.name, .hosts = {}, .period = period(options.lasts)});
  });
}

std::vector<Checked> check(const CheckOptions& options) {
  return publicly([&] { return check_all(options); });
}

}  // namespace sluice::inline v1::pki
