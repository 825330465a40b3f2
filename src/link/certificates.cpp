#include "link/certificates.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "io/failure.h"
#include "io/fd.h"

namespace sluice::link {
namespace {

constexpr std::size_t file_max = 1024 * 1024;

bool is_there(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 || errno != ENOENT;
}

// A link that leads nowhere is a mistake: who made it wants the file to be there.
std::optional<secure::Pem> read_if_there(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT) return std::nullopt;
  return read_pem(path);
}

}  // namespace

secure::Pem read_pem(const std::string& path) {
  const std::string reading = "cannot read '" + path + "'";
  // Without waiting: a named pipe there is a mistake.
  const io::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) io::fail_with_errno(reading);
  secure::Pem pem{.name = path, .text = {}};
  std::array<char, 16 * 1024> some;
  for (;;) {
    const ssize_t count = ::read(file.get(), some.data(), some.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) io::fail_with_errno(reading);
    if (count == 0) return pem;
    pem.text.append(some.data(), static_cast<std::size_t>(count));
    if (pem.text.size() > file_max) io::fail(Code::invalid_arg, reading + ": it has more than 1 MiB");
  }
}

CertificatePlaces daemon_places() {
  return {.authorities = "/etc/pki/CA/cacert.pem",
          .revocations = "/etc/pki/CA/cacrl.pem",
          .certificate = "/etc/pki/libvirt/servercert.pem",
          .key = "/etc/pki/libvirt/private/serverkey.pem"};
}

CertificatePlaces daemon_places(const std::string& directory) {
  return {.authorities = directory + "/cacert.pem",
          .revocations = directory + "/cacrl.pem",
          .certificate = directory + "/servercert.pem",
          .key = directory + "/serverkey.pem"};
}

CertificatePlaces client_places(const std::string& directory, const Asker& asker) {
  const auto all_in = [](const std::string& place) {
    return CertificatePlaces{.authorities = place + "/cacert.pem",
                             .revocations = place + "/cacrl.pem",
                             .certificate = place + "/clientcert.pem",
                             .key = place + "/clientkey.pem"};
  };
  if (!directory.empty()) return all_in(directory);
  CertificatePlaces places{.authorities = "/etc/pki/CA/cacert.pem",
                           .revocations = "/etc/pki/CA/cacrl.pem",
                           .certificate = "/etc/pki/libvirt/clientcert.pem",
                           .key = "/etc/pki/libvirt/private/clientkey.pem"};
  if (asker.root || asker.home.empty()) return places;
  const CertificatePlaces own = all_in(asker.home + "/.pki/libvirt");
  if (is_there(own.authorities)) {
    places.authorities = own.authorities;
    places.revocations = own.revocations;
  }
  if (is_there(own.certificate)) {
    places.certificate = own.certificate;
    places.key = own.key;
  }
  return places;
}

DaemonCredentials daemon_credentials(const CertificatePlaces& places, const WhoMayCome& who, secure::UnixTime now) {
  const secure::DaemonFiles files{.authorities = read_pem(places.authorities),
                                  .revocations = read_if_there(places.revocations),
                                  .certificates = {{read_pem(places.certificate), read_pem(places.key)}},
                                  .clients = who.clients,
                                  .allowed = who.allowed};
  return {.credentials = io::or_throw(secure::Credentials::daemon(files, now)),
          .revokes = files.revocations.has_value()};
}

std::shared_ptr<const secure::Credentials> client_credentials(const CertificatePlaces& places,
                                                              secure::ClientFiles::Check check, secure::UnixTime now) {
  secure::ClientFiles files{.authorities = {}, .check = check};
  if (check == secure::ClientFiles::Check::daemon) {
    files.authorities = read_pem(places.authorities);
    files.revocations = read_if_there(places.revocations);
  }
  if (is_there(places.certificate)) files.certificate = {read_pem(places.certificate), read_pem(places.key)};
  return io::or_throw(secure::Credentials::client(files, now));
}

secure::UnixTime today() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

}  // namespace sluice::link
