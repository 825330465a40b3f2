#include "qemu/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "io/failure.h"

namespace sluice::qemu {
namespace {

void bring_up(const std::string& name, const model::Interface& interface) {
  const io::Fd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control) io::fail_with_errno("cannot make a socket to configure interface '" + name + "'");
  ifreq request{};
  std::memcpy(request.ifr_name, name.c_str(), name.size());
  if (interface.mtu) {
    request.ifr_mtu = static_cast<int>(*interface.mtu);
    if (::ioctl(control.get(), SIOCSIFMTU, &request) != 0) {
      io::fail_with_errno("cannot set the mtu of interface '" + name + "'");
    }
  }
  if (::ioctl(control.get(), SIOCGIFFLAGS, &request) != 0) {
    io::fail_with_errno("cannot ask for the flags of interface '" + name + "'");
  }
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) {
    io::fail_with_errno("cannot bring up interface '" + name + "'");
  }
}

}  // namespace

Tap open_tap(const model::Interface& interface) {
  const std::string wanted = interface.target.empty() ? "sluice%d" : interface.target;
  if (wanted.size() >= IFNAMSIZ) {
    io::fail(Code::config_unsupported,
             "the name of interface '" + wanted + "' is longer than " + std::to_string(IFNAMSIZ - 1) + " bytes");
  }
  if (!interface.managed) {
    if (interface.target.empty()) {
      io::fail(Code::config_unsupported, "an interface that is not managed needs the name of its tap device");
    }
    // Asking for a name that is not there would make a new device.
    if (::if_nametoindex(wanted.c_str()) == 0)
      io::fail(Code::operation_failed, "there is no interface '" + wanted + "'");
  }
  Tap tap{.device = io::Fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)), .name = ""};
  if (!tap.device) io::fail_with_errno("cannot open /dev/net/tun for interface '" + wanted + "'");
  ifreq request{};
  std::memcpy(request.ifr_name, wanted.c_str(), wanted.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (::ioctl(tap.device.get(), TUNSETIFF, &request) != 0) {
    io::fail_with_errno("cannot attach to tap device '" + wanted + "'");
  }
  tap.name = request.ifr_name;
  if (interface.managed) bring_up(tap.name, interface);
  return tap;
}

}  // namespace sluice::qemu
