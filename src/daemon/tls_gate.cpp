#include "daemon/tls_gate.h"

#include "link/filtered.h"
#include "secure/tls.h"

namespace sluice::daemon {

io::Task<std::unique_ptr<io::Transport>> TlsGate::admit(std::unique_ptr<io::Transport> network) {
  auto tls = std::make_unique<secure::Tls>(credentials(), secure::Tls::Options{.now = today_()});
  auto secured = std::make_unique<link::FilteredTransport>(std::move(network), std::move(tls));
  co_await secured->open(clock_, patience);
  co_return std::unique_ptr<io::Transport>(std::move(secured));
}

void TlsGate::renew(Shared credentials) {
  const std::lock_guard lock(mutex_);
  credentials_ = std::move(credentials);
}

TlsGate::Shared TlsGate::credentials() {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

}  // namespace sluice::daemon
