#include "service/connect_handlers.h"

#include <unistd.h>

#include <array>

#include "service/version.h"

namespace sluice::service {
namespace {

constexpr std::uint32_t read_only = 1;

// Numbers of libvirt's features. Only what works is said to work.
enum class Feature : std::int32_t {
  keepalive = 10,
  callback_ids = 14,  // event registrations have ids
  close_callback = 15,
};

}  // namespace

Group ConnectHandlers::group() { return group_of(*this); }

bool uri_is_served(std::string_view uri) {
  const std::string_view place = uri.substr(0, uri.find('?'));
  if (place.empty()) return true;
  for (const std::string_view served : {"qemu:///system", "qemu:///session", "test:///default"}) {
    if (place == served) return true;
  }
  return place.starts_with("sluice:///");
}

Task<Void> ConnectHandlers::operator()(Call<remote::ConnectOpen>& call) {
  if (client_.uri) io::fail(Code::internal_error, "the connection is already open as '" + *client_.uri + "'");
  const std::string name = call->name.value_or("");
  if (!uri_is_served(name)) {
    io::fail(Code::no_connect, "'" + name + "' is not served here; qemu:///system, qemu:///session, test:///default " +
                                   "and sluice:/// are");
  }
  if (client_.granted == remote::Role::none) {
    io::fail(Code::operation_denied, "by the rules of this daemon " + client_.identity.principal() + " may do nothing");
  }
  client_.uri = name.empty() ? default_uri_ : name;
  // Clients leak bits of their own into this word, so all but this one are ignored.
  const bool limited = (call->flags & read_only) != 0;
  client_.role = limited ? std::min(client_.granted, remote::Role::monitor) : client_.granted;
  co_return Void{};
}

Task<Void> ConnectHandlers::operator()(Call<remote::ConnectClose>&) {
  client_.said_goodbye = true;
  co_return Void{};
}

Task<remote::ConnectSupportsFeature::Reply> ConnectHandlers::operator()(Call<remote::ConnectSupportsFeature>& call) {
  const auto feature = static_cast<Feature>(call->feature);
  if (feature != Feature::keepalive && !client_.uri) {
    io::fail(Code::internal_error, "hypervisor connection not open", ErrorDomain::rpc);
  }
  const bool has =
      feature == Feature::keepalive || feature == Feature::callback_ids || feature == Feature::close_callback;
  co_return remote::ConnectSupportsFeature::Reply{.supported = has ? 1 : 0};
}

Task<remote::ConnectGetUri::Reply> ConnectHandlers::operator()(Call<remote::ConnectGetUri>&) {
  co_return remote::ConnectGetUri::Reply{.uri = client_.uri.value_or(default_uri_)};
}

Task<remote::ConnectGetHostname::Reply> ConnectHandlers::operator()(Call<remote::ConnectGetHostname>&) {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) {
    throw io::Failure(system_failure("cannot ask for the host's name", errno));
  }
  co_return remote::ConnectGetHostname::Reply{.hostname = name.data()};
}

Task<remote::ConnectGetLibVersion::Reply> ConnectHandlers::operator()(Call<remote::ConnectGetLibVersion>&) {
  co_return remote::ConnectGetLibVersion::Reply{.lib_ver = version_number};
}

// Whether nobody else can listen in: the bytes are encrypted, or never leave the kernel, or this process.
Task<remote::ConnectIsSecure::Reply> ConnectHandlers::operator()(Call<remote::ConnectIsSecure>&) {
  const io::Identity& peer = client_.identity;
  const bool stays_here = peer.transport == "unix" || peer.transport == "memory";
  co_return remote::ConnectIsSecure::Reply{.secure = stays_here || peer.strength > 0 ? 1 : 0};
}

// A host lives as long as its daemon, so the end of the connection is all a client will ever hear.
Task<Void> ConnectHandlers::operator()(Call<remote::ConnectRegisterCloseCallback>&) { co_return Void{}; }
Task<Void> ConnectHandlers::operator()(Call<remote::ConnectUnregisterCloseCallback>&) { co_return Void{}; }

}  // namespace sluice::service
