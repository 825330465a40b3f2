#pragma once
// Definitions for the tests.

#include <string>
#include <string_view>

namespace sluice::model::samples {

// The least that is a definition, with something inside.
inline std::string domain_with(std::string_view inside) {
  return "<domain type='kvm'><name>guest</name><memory unit='MiB'>64</memory><os><type arch='x86_64' "
         "machine='pc'>hvm</type></os>" +
         std::string(inside) + "</domain>";
}
inline std::string devices_with(std::string_view inside) {
  return domain_with("<devices>" + std::string(inside) + "</devices>");
}

// In the manner of what installers write for a server with a screen.
inline constexpr std::string_view installed = R"(<domain type="kvm">
  <name>web1</name>
  <uuid>0b3f9d0c-52b6-4ee0-a6c6-2f7ef1c43b11</uuid>
  <title>The web server</title>
  <description>Answers &lt;all&gt; day</description>
  <metadata>
    <os:libosinfo xmlns:os="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <os:os id="http://debian.org/debian/12"/>
    </os:libosinfo>
  </metadata>
  <memory>2097152</memory>
  <currentMemory>1048576</currentMemory>
  <vcpu>2</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <boot dev="hd"/>
    <boot dev="cdrom"/>
  </os>
  <features>
    <acpi/>
    <apic/>
    <vmport state="off"/>
  </features>
  <cpu mode="host-passthrough" check="none" migratable="on">
    <topology sockets="1" dies="1" cores="2" threads="1"/>
  </cpu>
  <clock offset="utc">
    <timer name="rtc" tickpolicy="catchup"/>
    <timer name="pit" tickpolicy="delay"/>
    <timer name="hpet" present="no"/>
  </clock>
  <on_reboot>destroy</on_reboot>
  <pm>
    <suspend-to-mem enabled="no"/>
    <suspend-to-disk enabled="no"/>
  </pm>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="none" discard="unmap"/>
      <source file="/srv/images/web1.qcow2"/>
      <target dev="vda" bus="virtio"/>
      <serial>W-1</serial>
      <address type="pci" domain="0x0000" bus="0x04" slot="0x00" function="0x0"/>
    </disk>
    <disk type="file" device="cdrom">
      <target dev="sda" bus="sata"/>
    </disk>
    <controller type="usb" model="qemu-xhci" ports="15"/>
    <controller type="pci" model="pcie-root"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <interface type="user">
      <mac address="52:54:00:6B:3C:58"/>
      <model type="virtio"/>
    </interface>
    <interface type="ethernet">
      <target dev="tap7" managed="no"/>
      <model type="e1000"/>
      <mtu size="1400"/>
    </interface>
    <console type="pty"/>
    <channel type="unix">
      <source mode="bind"/>
      <target type="virtio" name="org.qemu.guest_agent.0"/>
    </channel>
    <input type="tablet" bus="usb"/>
    <graphics type="vnc" port="-1" listen="0.0.0.0" passwd="secret"/>
    <video>
      <model type="virtio"/>
    </video>
    <memballoon model="virtio"/>
    <rng model="virtio">
      <backend model="random">/dev/urandom</backend>
    </rng>
    <teapot colour="brown"><lid/></teapot>
  </devices>
</domain>
)";

}  // namespace sluice::model::samples
