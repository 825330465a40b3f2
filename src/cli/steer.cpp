// `sluice cancel`, `sluice limit` and `sluice weight`: streams of whichever connection.

#include <iostream>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/rate.h"

namespace sluice::cli {
namespace {

struct Ask {
  std::uint64_t id = 0, rate = 0;
  std::uint32_t weight = 0;
  std::string reason;
};

void add_id(CLI::App& command, std::uint64_t& id) {
  command.add_option("id", id, "Number of the stream, as `sluice streams` tells it")
      ->required()
      ->check(CLI::NonNegativeNumber)
      ->type_name("ID");
}

void cancel(const Settings& settings, const Ask& ask) {
  settings.connect().cancel_stream(ask.id, ask.reason);
  if (settings.json) {
    std::cout << JsonObject().add("id", ask.id).add("done", "cancelled").text() << std::endl;
  } else {
    std::cout << "Stream " << ask.id << " cancelled" << std::endl;
  }
}

void limit(const Settings& settings, const Ask& ask) {
  const std::uint64_t effective = settings.connect().limit_stream(ask.id, ask.rate);
  if (settings.json) {
    std::cout << JsonObject().add("id", ask.id).add("limit", effective).text() << std::endl;
  } else if (effective == 0) {
    std::cout << "Stream " << ask.id << " has no limit" << std::endl;
  } else {
    std::cout << "Stream " << ask.id << " limited to " << readable_bytes(static_cast<double>(effective)) << "/s"
              << std::endl;
  }
}

void weigh(const Settings& settings, const Ask& ask) {
  settings.connect().weigh_stream(ask.id, ask.weight);
  if (settings.json) {
    std::cout << JsonObject().add("id", ask.id).add("weight", ask.weight).text() << std::endl;
  } else {
    std::cout << "Stream " << ask.id << " weighs " << ask.weight << std::endl;
  }
}

}  // namespace

void add_cancel(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("cancel", "Cancel a stream of any connection");
  const auto ask = std::make_shared<Ask>();
  add_id(*command, ask->id);
  command->add_option("--reason", ask->reason, "Told to whoever opened it")->type_name("TEXT");
  command->callback([&settings, ask] { cancel(settings, *ask); });
}

void add_limit(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("limit", "Limit how fast a stream of any connection flows");
  const auto ask = std::make_shared<Ask>();
  add_id(*command, ask->id);
  add_rate(*command, "rate", ask->rate, "50MB/s or 20MiB/s, for example, or none")->required();
  command->callback([&settings, ask] { limit(settings, *ask); });
}

void add_weight(CLI::App& app, const Settings& settings) {
  CLI::App* const command = app.add_subcommand("weight", "Weigh a stream against the others of its connection");
  const auto ask = std::make_shared<Ask>();
  add_id(*command, ask->id);
  command->add_option("weight", ask->weight, "1 to 1000; a stream weighs 100 if nobody says otherwise")
      ->required()
      ->check(CLI::Range(1, 1000))
      ->type_name("WEIGHT");
  command->callback([&settings, ask] { weigh(settings, *ask); });
}

}  // namespace sluice::cli
