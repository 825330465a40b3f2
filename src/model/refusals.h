#pragma once
// What libvirt's XML can ask for and Sluice cannot give, as a table. An entry is here because leaving the element out
// would change what the guest is or break a promise made to its owner. What is only about speed, or describes the host
// of a past run, is not here: it is kept and does nothing.

#include <array>
#include <string_view>

#include <pugixml.hpp>

#include "model/complaints.h"

namespace sluice::model {

struct Refusal {
  std::string_view path;       // below <domain>: "devices/disk/iotune"
  std::string_view attribute;  // empty: the element as such
  std::string_view allowed;    // values of the attribute that are fine, with '|' between them
  std::string_view why;
};

// Walks the whole tree once, without recursion.
void refuse_what_cannot_be_honoured(pugi::xml_node domain, Complaints& complaints);

}  // namespace sluice::model
