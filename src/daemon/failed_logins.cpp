#include "daemon/failed_logins.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "io/task.h"

namespace sluice::daemon {

bool FailedLogins::may_try(const std::string& place, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto at = paid_until_.find(place);
  return at == paid_until_.end() || at->second <= now + one_in * (at_once - 1);
}

bool FailedLogins::failed(const std::string& place, Instant now) {
  const std::lock_guard lock(mutex_);
  if (!paid_until_.contains(place) && paid_until_.size() >= places_max) make_room(now);
  Instant& until = paid_until_[place];
  const auto too_many = [now](Instant owed) { return owed > now + one_in * (at_once - 1); };
  const bool before = too_many(until);
  until = std::min<Instant>(std::max(until, now) + one_in, now + one_in * at_once);  // who has gone is soon forgiven
  return !before && too_many(until);
}

void FailedLogins::make_room(Instant now) {
  std::erase_if(paid_until_, [now](const auto& entry) { return entry.second <= now; });
  if (paid_until_.size() < places_max) return;
  paid_until_.erase(std::ranges::min_element(paid_until_, {}, [](const auto& entry) { return entry.second; }));
}

std::string place_of(const io::Identity& peer) {
  if (peer.address.empty()) return peer.principal();
  std::string host = peer.address.substr(0, peer.address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error || !address.is_v6()) return host;
  if (address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  // A host gets a network of 64 bits, and may have all its addresses.
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace sluice::daemon
