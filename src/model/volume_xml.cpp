#include "model/volume.h"

#include "model/describe_storage.h"
#include "model/document.h"

namespace sluice::model {
namespace {

constexpr std::string_view kind = "volume";

void read_type(pugi::xml_node volume, Complaints& complaints) {
  const pugi::xml_attribute type = volume.attribute("type");
  if (type && std::string_view(type.value()) != "file") {
    complaints.unsupported("type '" + shown(type.value()) + "' is not supported: only 'file' is");
  }
}

void describe_format(Form& parent, VolumeFormat& format) {
  Form element = parent.child("format");
  if (!parent.is_reading()) return element.word("type", format);
  const pugi::xml_attribute type = element.node().attribute("type");
  if (type.empty()) return;
  const auto known = from_word<VolumeFormat>(type.value());
  if (!known) {
    return parent.complaints().unsupported(element.where() + " type '" + shown(type.value()) +
                                           "' is not supported: possible are " + all_words<VolumeFormat>());
  }
  format = *known;
}

void read_sizes(Form& volume, VolumeSpec& spec) {
  std::optional<std::uint64_t> capacity;
  describe_bytes(volume, "capacity", capacity);
  describe_bytes(volume, "allocation", spec.allocation);
  if (capacity) {
    spec.capacity = *capacity;
  } else {
    volume.complaints().wrong("a <capacity> is missing");
  }
}

// What would make other bytes than were asked for. Clusters, lazy counts of references and copy on write are left to
// the host: they change how fast a volume is, not what it holds.
void refuse_other_contents(pugi::xml_node target, Complaints& complaints) {
  if (target.child("encryption")) {
    complaints.unsupported("target encryption is not supported: the contents would be stored in the clear");
  }
  const std::string compat = text_of(target.child("compat"), true);
  if (!compat.empty() && compat != "1.1") {
    complaints.unsupported("target compat '" + shown(compat) + "' is not supported: only '1.1' is");
  }
}

void read_backing(pugi::xml_node volume, VolumeSpec& spec, Complaints& complaints) {
  const pugi::xml_node node = volume.child("backingStore");
  if (!node.first_child()) return;  // nothing is said
  refuse_repetition(node, {"path", "format"}, complaints);
  Form form = Form::reading(node, complaints);
  BackingStore& backing = spec.backing.emplace();
  form.content_of("path", backing.path, /*trimmed=*/false);
  if (backing.path.empty()) {
    complaints.wrong("a backingStore path is missing");
  } else {
    // Other than absolute paths QEMU takes for addresses: "nbd://..." or "json:...".
    check_storage_path("backingStore path", backing.path, complaints);
  }
  describe_format(form, backing.format);
  if (spec.format != VolumeFormat::qcow2) {
    complaints.unsupported("a backingStore needs a volume of format 'qcow2', not '" + std::string(word(spec.format)) +
                           "'");
  }
}

}  // namespace

Result<> check_volume_name(std::string_view name) { return check_storage_name(kind, name); }

Result<VolumeSpec> parse_volume(std::string_view xml) {
  auto document = load_document(xml);
  if (!document) return std::unexpected(document.error());
  const pugi::xml_node root = (*document)->document_element();
  if (std::string_view(root.name()) != "volume") {
    return fault(Code::xml_error, "<" + shown(root.name()) + "> is not a <volume>", ErrorDomain::storage);
  }
  VolumeSpec spec;
  Complaints complaints(ErrorDomain::storage);
  Form volume = Form::reading(root, complaints);
  volume.content_of("name", spec.name, /*trimmed=*/false);
  if (auto sound = check_volume_name(spec.name); !sound) return std::unexpected(sound.error());
  refuse_repetition(root, {"name", "capacity", "allocation", "target", "backingStore"}, complaints);
  read_type(root, complaints);
  read_sizes(volume, spec);
  Form target = Form::reading(root.child("target"), complaints);
  refuse_repetition(target.node(), {"format", "permissions", "compat"}, complaints);
  describe_format(target, spec.format);
  describe_permissions(target, spec.permissions);
  refuse_other_contents(target.node(), complaints);
  read_backing(root, spec, complaints);
  if (complaints.first()) return std::unexpected(complaints.first()->while_doing(called(kind, spec.name)));
  return spec;
}

std::string print_volume(const VolumeFacts& facts) {
  VolumeFacts told = facts;
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("volume");
  root.append_attribute("type").set_value("file");
  Form volume = Form::writing(root);
  volume.content_of("name", told.name, /*trimmed=*/false);
  volume.content_of("key", told.key, /*trimmed=*/false);
  std::optional<std::uint64_t> capacity = facts.capacity, allocation = facts.allocation, physical = facts.physical;
  describe_bytes(volume, "capacity", capacity);
  describe_bytes(volume, "allocation", allocation);
  describe_bytes(volume, "physical", physical);
  Form target = volume.child("target");
  target.content_of("path", told.path, /*trimmed=*/false);
  describe_format(target, told.format);
  describe_permissions(target, told.permissions);
  if (facts.backing) {
    // Who made the image wrote this path into it, and could have written any bytes.
    std::string path = printable(facts.backing->path);
    Form backing = volume.child("backingStore");
    backing.content_of("path", path, /*trimmed=*/false);
    describe_format(backing, told.backing->format);
  }
  if (facts.incomplete) root.append_child("incomplete").append_attribute("xmlns").set_value("urn:sluice:volume");
  return print_document(document);
}

}  // namespace sluice::model
