#pragma once
// The elements of a definition, each described once for reading and printing (form.h).

#include "model/domain.h"
#include "model/form.h"

namespace sluice::model {

void describe_domain(Form& domain, DomainSpec& spec);   // all of it
void describe_cpu(Form cpu, Cpu& spec);                 // <cpu>
void describe_clock(Form clock, Clock& spec);           // <clock>
void describe_features(Form features, Features& spec);  // <features>
void describe_devices(Form devices, Devices& spec);     // <devices>
void describe_disk(Form disk, Disk& spec);
void describe_interface(Form interface, Interface& spec);
void describe_serial(Form serial, Serial& spec);
void describe_console(Form console, Console& spec);
void describe_channel(Form channel, Channel& spec);
void describe_graphics(Form graphics, Graphics& spec);
void describe_address(Form device, std::optional<Address>& spec);            // <address> of a device
void describe_boot_order(Form device, std::optional<std::uint32_t>& order);  // <boot order=''/> of a device

// An attribute with exactly one value that is supported; printed always.
void must_be(Form& form, const char* attribute, std::string_view only, std::string_view because = {});

}  // namespace sluice::model
