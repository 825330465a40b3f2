#pragma once
// The devices of a machine as plain values: what Sluice understood of libvirt's <devices>. Strings are empty and
// optionals unset where the definition left the choice to the host.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/words.h"

namespace sluice::model {

enum class AddressType : std::uint8_t { pci, drive, virtio_serial, usb, isa };
template <>
inline constexpr auto words<AddressType> =
    std::to_array<std::string_view>({"pci", "drive", "virtio-serial", "usb", "isa"});

// Where a device sits, if the definition says so. Which members count depends on the type, as in libvirt:
// pci domain/bus/slot/function, drive controller/bus/target/unit, virtio-serial controller/bus/port, usb bus/port,
// isa iobase/irq.
struct Address {
  AddressType type = AddressType::pci;
  std::uint32_t domain = 0, bus = 0, slot = 0, function = 0;
  bool multifunction = false;
  std::uint32_t controller = 0, target = 0, unit = 0;
  std::string port;  // "3", for usb also "1.2"
  std::uint32_t iobase = 0, irq = 0;
  bool operator==(const Address&) const = default;
};

enum class DiskDevice : std::uint8_t { disk, cdrom };
template <>
inline constexpr auto words<DiskDevice> = std::to_array<std::string_view>({"disk", "cdrom"});
enum class DiskFormat : std::uint8_t { raw, qcow2 };
template <>
inline constexpr auto words<DiskFormat> = std::to_array<std::string_view>({"raw", "qcow2"});
enum class DiskBus : std::uint8_t { virtio, ide, sata, scsi };
template <>
inline constexpr auto words<DiskBus> = std::to_array<std::string_view>({"virtio", "ide", "sata", "scsi"});
enum class DiskCache : std::uint8_t { host_default, none, writethrough, writeback, directsync, unsafe };
template <>
inline constexpr auto words<DiskCache> =
    std::to_array<std::string_view>({"default", "none", "writethrough", "writeback", "directsync", "unsafe"});

struct Disk {
  DiskDevice device = DiskDevice::disk;
  DiskFormat format = DiskFormat::raw;
  DiskCache cache = DiskCache::host_default;
  std::string io;            // "", threads, native, io_uring
  std::string discard;       // "", unmap, ignore
  std::string error_policy;  // "", stop, report, ignore, enospace
  std::string source;        // absolute path; empty: a drive without a medium (cdrom only)
  std::string target;        // "vda"
  DiskBus bus = DiskBus::virtio;
  bool read_only = false;
  std::string serial;
  std::optional<std::uint32_t> boot_order;
  std::optional<Address> address;
  bool operator==(const Disk&) const = default;
};

enum class InterfaceType : std::uint8_t { user, ethernet };
template <>
inline constexpr auto words<InterfaceType> = std::to_array<std::string_view>({"user", "ethernet"});

struct Interface {
  InterfaceType type = InterfaceType::user;
  std::string mac;      // "52:54:00:12:34:56"; empty until complete()
  std::string model;    // virtio, e1000, e1000e, rtl8139, ne2k_pci, pcnet, vmxnet3
  std::string target;   // ethernet: the tap device's name; empty: one is made
  bool managed = true;  // ethernet: false = the tap exists already and belongs to somebody else
  bool link_up = true;
  std::optional<std::uint32_t> mtu;
  std::optional<std::uint32_t> boot_order;
  std::optional<Address> address;
  bool operator==(const Interface&) const = default;
};

enum class CharacterType : std::uint8_t { pty, unix_socket, file, null };
template <>
inline constexpr auto words<CharacterType> = std::to_array<std::string_view>({"pty", "unix", "file", "null"});

// The host's end of a serial line, console or channel.
struct CharacterSource {
  CharacterType type = CharacterType::pty;
  std::string path;      // unix, file; a channel's may be empty: the daemon chooses
  bool listens = true;   // unix: mode='bind', else 'connect'
  bool append = false;   // file
  std::string log_file;  // a copy of all output, if not empty
  bool log_append = false;
  bool operator==(const CharacterSource&) const = default;
};

struct Serial {
  CharacterSource source;
  std::optional<std::uint32_t> port;
  std::optional<Address> address;
  bool operator==(const Serial&) const = default;
};

enum class ConsoleTarget : std::uint8_t { serial, virtio };
template <>
inline constexpr auto words<ConsoleTarget> = std::to_array<std::string_view>({"serial", "virtio"});

// The first console with target serial is the first serial line under another name, not a device of its own.
struct Console {
  ConsoleTarget target = ConsoleTarget::serial;
  CharacterSource source;
  std::optional<Address> address;
  bool operator==(const Console&) const = default;
};

// A named virtio port into the guest ("org.qemu.guest_agent.0"); the host's end is a listening unix socket.
struct Channel {
  std::string name;
  CharacterSource source;
  std::optional<Address> address;
  bool operator==(const Channel&) const = default;
};

struct Graphics {          // VNC
  std::int32_t port = -1;  // -1: chosen at start
  std::string listen = "127.0.0.1";
  std::string password;  // secret
  std::string keymap;
  bool operator==(const Graphics&) const = default;
};

enum class VideoModel : std::uint8_t { vga, cirrus, virtio, bochs, none };
template <>
inline constexpr auto words<VideoModel> = std::to_array<std::string_view>({"vga", "cirrus", "virtio", "bochs", "none"});

struct Video {
  VideoModel model = VideoModel::vga;
  std::optional<std::uint32_t> vram_kib;
  std::optional<Address> address;
  bool operator==(const Video&) const = default;
};

struct Rng {                            // virtio
  std::string device = "/dev/urandom";  // empty: QEMU's own generator
  std::optional<std::uint32_t> rate_bytes;
  std::optional<std::uint32_t> rate_period_ms;
  std::optional<Address> address;
  bool operator==(const Rng&) const = default;
};

enum class InputType : std::uint8_t { tablet, mouse, keyboard };
template <>
inline constexpr auto words<InputType> = std::to_array<std::string_view>({"tablet", "mouse", "keyboard"});
enum class InputBus : std::uint8_t { ps2, usb, virtio };
template <>
inline constexpr auto words<InputBus> = std::to_array<std::string_view>({"ps2", "usb", "virtio"});

struct Input {
  InputType type = InputType::tablet;
  InputBus bus = InputBus::usb;
  std::optional<Address> address;
  bool operator==(const Input&) const = default;
};

enum class Balloon : std::uint8_t { virtio, none };
template <>
inline constexpr auto words<Balloon> = std::to_array<std::string_view>({"virtio", "none"});

struct MemoryBalloon {
  Balloon model = Balloon::virtio;
  std::optional<Address> address;
  bool operator==(const MemoryBalloon&) const = default;
};

enum class ControllerType : std::uint8_t { pci, ide, sata, scsi, usb, virtio_serial };
template <>
inline constexpr auto words<ControllerType> =
    std::to_array<std::string_view>({"pci", "ide", "sata", "scsi", "usb", "virtio-serial"});

struct Controller {
  ControllerType type = ControllerType::pci;
  std::uint32_t index = 0;               // counted per type where the definition does not say
  std::string model;                     // "pcie-root-port", "virtio-scsi", "qemu-xhci", "none" (usb)
  std::optional<std::uint32_t> ports;    // usb, virtio-serial
  std::optional<std::uint32_t> chassis;  // pci
  std::optional<std::uint32_t> port;     // pci
  std::optional<Address> address;
  bool operator==(const Controller&) const = default;
};

struct Devices {
  std::string emulator;  // empty: the host's default
  std::vector<Controller> controllers;
  std::vector<Disk> disks;
  std::vector<Interface> interfaces;
  std::vector<Serial> serials;
  std::vector<Console> consoles;
  std::vector<Channel> channels;
  std::vector<Input> inputs;
  std::vector<Graphics> graphics;
  std::vector<Video> videos;
  std::vector<Rng> rngs;
  std::optional<MemoryBalloon> balloon;  // unset: the definition does not say
  bool operator==(const Devices&) const = default;
};

}  // namespace sluice::model
