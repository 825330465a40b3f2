#pragma once
// Unix sockets in directories of any depth: the kernel takes paths of 107 bytes only, so the directory is opened and
// the socket named through it.
//
//   io::Fd listening = listen_at("/var/lib/sluice/machines/UUID/monitor.sock");
//   io::Fd connected = connect_at("/var/lib/sluice/machines/UUID/monitor.sock");
//
// A stale socket file is replaced, a living one refused. These calls may block on a disk.

#include <string>

#include "io/fd.h"

namespace sluice::qemu {

io::Fd listen_at(const std::string& path);
io::Fd connect_at(const std::string& path);
// Removes the file if it is a socket; nothing happens otherwise.
void remove_socket(const std::string& path) noexcept;

}  // namespace sluice::qemu
