#include "cli/one_volume.h"
#include "cli/text_file.h"
#include "cli/volume_xml.h"

namespace sluice::cli {
namespace {

struct Ask {
  std::string volume, xml, format = "raw";
  std::uint64_t capacity = 0, allocation = 0;
};

void create(const Settings& settings, const Ask& ask) {
  // With a definition the name is in it.
  const VolumePlace place =
      ask.xml.empty() ? VolumePlace::parse(ask.volume) : VolumePlace{.pool = ask.volume, .name = {}};
  const std::string xml =
      ask.xml.empty()
          ? volume_xml(
                {.name = place.name, .format = ask.format, .capacity = ask.capacity, .allocation = ask.allocation})
          : read_text(ask.xml);
  const Host host = settings.connect();
  print_done(settings, find_pool(host, place.pool).create_volume(xml), "created");
}

// In the pool of the original, if the new name does not say another one.
void clone(const Settings& settings, const std::string& original, const std::string& copy) {
  const Host host = settings.connect();
  const Volume from = find_volume(host, original);
  const bool elsewhere = copy.find('/') != std::string::npos;
  const VolumePlace place = elsewhere ? VolumePlace::parse(copy) : VolumePlace{from.pool_name(), copy};
  print_done(settings, find_pool(host, place.pool).clone_volume(renamed(from.xml(), place.name), from), "created");
}

}  // namespace

void add_create_volume(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("create", "Create a volume");
  const auto ask = std::make_shared<Ask>();
  command->add_option("volume", ask->volume, "POOL/NAME of the new one; with --xml, POOL")
      ->required()
      ->type_name("VOLUME");
  auto* const source = command->add_option_group("definition");
  auto* const capacity = add_size(*source, "--capacity", ask->capacity, "What a machine sees, 10GiB for example");
  source->add_option("--xml", ask->xml, "Libvirt's storage volume XML instead; - is standard input")->type_name("FILE");
  source->require_option(1);
  command->add_option("--format", ask->format, "raw, if not given, or qcow2")
      ->check(CLI::IsMember({"raw", "qcow2"}))
      ->type_name("FORMAT")
      ->needs(capacity);
  add_size(*command, "--allocation", ask->allocation, "To be allocated at once; nothing, if not given")
      ->needs(capacity);
  command->callback([&settings, ask] { create(settings, *ask); });
}

void add_clone_volume(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("clone", "Create a volume with the bytes of another one");
  const auto original = add_volume_argument(*command), copy = std::make_shared<std::string>();
  command->add_option("new", *copy, "NAME of the new one, or POOL/NAME in another pool")->required()->type_name("NEW");
  command->callback([&settings, original, copy] { clone(settings, *original, *copy); });
}

}  // namespace sluice::cli
