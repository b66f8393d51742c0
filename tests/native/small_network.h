// A small network with random weights and work for it, for programs without Python.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "packed_network.h"

namespace sonant {

inline Shape small_shape() {
    Shape s{};
    s.dilations = {1, 2, 4, 8, 16};
    s.residual = 20;
    s.gated = 18;
    s.kernel_size = 2;
    s.skip = 33;
    s.head = 17;
    s.levels = s.outputs = 64;
    s.mixtures = 1;
    s.hop_length = 10;
    s.output = Output::softmax;
    s.prediction_order = 4;
    s.max_lag = 12;
    s.predictions = 2;
    s.history_length = 12;
    return s;
}

class SmallWeights {
  public:
    explicit SmallWeights(const Shape& s) {
        const int layers = int(s.dilations.size());
        for (int c = 0; c < s.levels; ++c) values_.push_back(2.0 * c / (s.levels - 1) - 1.0);
        for (int c = 1; c < s.levels; ++c) edges_.push_back((2.0 * c - 1.0) / (s.levels - 1) - 1.0);
        plain_ = PlainWeights{values_.data(),
                              edges_.data(),
                              make(std::size_t(3) * s.levels * s.residual),
                              make(std::size_t(layers) * s.kernel_size * s.residual * 2 * s.gated),
                              make(std::size_t(layers - 1) * s.gated * s.residual),
                              make(std::size_t(layers - 1) * s.residual),
                              make(std::size_t(layers) * s.gated * s.skip),
                              make(s.skip),
                              make(std::size_t(s.skip) * s.head),
                              make(s.head),
                              make(std::size_t(s.head) * s.outputs),
                              make(s.outputs)};
    }
    const PlainWeights& plain() const { return plain_; }

  private:
    std::mt19937 random_{1};
    std::vector<std::vector<float>> kept_;
    std::vector<double> values_, edges_;
    PlainWeights plain_;

    const float* make(std::size_t size) {
        std::normal_distribution<float> normal(0.0f, 0.2f);
        kept_.emplace_back(size);
        for (float& value : kept_.back()) value = normal(random_);
        return kept_.back().data();
    }
};

inline constexpr int kStreams = 9, kSamples = 60, kFrames = 7;

struct Work {
    std::vector<std::vector<float>> rings;
    std::vector<std::vector<int32_t>> histories;
    std::vector<std::vector<int64_t>> codes;
    std::vector<float> conditioning, coefficients, temperatures;
    std::vector<int32_t> lags;

    explicit Work(const Model& model)
        : rings(kStreams, std::vector<float>(model.ring_size)),
          histories(kStreams, std::vector<int32_t>(model.history_length, model.levels / 2)),
          codes(kStreams, std::vector<int64_t>(kSamples)),
          conditioning(std::size_t(kFrames) * model.num_layers * 2 * model.gated, 0.1f),
          coefficients(std::size_t(kFrames) * model.prediction_order, 0.2f),
          temperatures(kFrames, 1.0f),
          lags(kFrames, 5) {}

    std::vector<Stream> streams() {
        std::vector<Stream> found;
        for (int s = 0; s < kStreams; ++s) {
            Stream stream{};
            stream.rings = rings[s].data();
            stream.history = histories[s].data();
            stream.conditioning = conditioning.data();
            stream.coefficients = coefficients.data();
            stream.lags = lags.data();
            stream.temperatures = temperatures.data();
            stream.codes = codes[s].data();
            stream.seed = uint64_t(s);
            stream.num_samples = kSamples - s;
            found.push_back(stream);
        }
        return found;
    }
};

}  // namespace sonant
