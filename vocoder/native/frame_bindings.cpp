// Work on frames, for Python.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings.h"
#include "dispatch.h"
#include "frames.h"
#include "tables.h"

namespace nb = nanobind;

namespace sonant {

SONANT_TABLES(FrameKernels, frame_kernels)

namespace {

template <class Number, int axes>
using Input = nb::ndarray<const Number, nb::ndim<axes>, nb::c_contig, nb::device::cpu>;
template <class Number, int axes>
using Output = nb::ndarray<Number, nb::ndim<axes>, nb::c_contig, nb::device::cpu>;

constexpr int64_t kMost = 1 << 20;  // of anything that there is of a frame

double de_emphasise(Input<float, 1> samples, double coefficient, double last,
                    Output<float, 1> made) {
    require(samples.shape(0) == made.shape(0), "as many samples are made as are given");
    return frame_kernels_portable.de_emphasise(samples.data(), int64_t(samples.shape(0)),
                                               coefficient, last, made.data());
}

// Cos and sin of -2 pi j / points.
template <class Number>
std::vector<Number> turns_of(int64_t points) {
    std::vector<Number> turns(2 * std::size_t(points));
    for (int64_t j = 0; j < points; ++j) {
        const double angle = -2.0 * M_PI * double(j) / double(points);
        turns[2 * j] = Number(std::cos(angle));
        turns[2 * j + 1] = Number(std::sin(angle));
    }
    return turns;
}

bool is_power_of_two(int64_t number) { return (number & (number - 1)) == 0; }

class Predictor {
  public:
    Predictor(const std::string& isa, int64_t bins, Input<double, 1> window)
        : kernels_(frame_kernels_for(isa)), window_(window.data(), window.data() + window.size()) {
        require(bins >= 3 && bins <= kMost && is_power_of_two(bins - 1),
                "bins must be one more than a power of two, in 3..2**20");
        require(!window_.empty() && int64_t(window_.size()) <= 2 * (bins - 1),
                "the window must have 1..2 * (bins - 1) delays");
        turns_ = turns_of<double>(2 * (bins - 1));
        about_ = {int(bins), int(window_.size()) - 1, window_.data(), turns_.data()};
    }
    Predictor(const Predictor&) = delete;
    Predictor& operator=(const Predictor&) = delete;

    void predict(Input<double, 2> powers, Output<float, 2> coefficients) const {
        const int64_t frames = int64_t(powers.shape(0));
        require(int64_t(powers.shape(1)) == about_.bins &&
                    int64_t(coefficients.shape(0)) == frames &&
                    int64_t(coefficients.shape(1)) == about_.order,
                "powers must be [F, bins], and coefficients [F, delays - 1]");
        auto* room = static_cast<double*>(
            scratch(std::size_t(prediction_scratch(about_, kernels_.lanes)) * sizeof(double)));
        nb::gil_scoped_release release;
        kernels_.predict(about_, powers.data(), frames, coefficients.data(), room);
    }

  private:
    const FrameKernels& kernels_;
    std::vector<double> window_, turns_;
    Prediction about_{};
};

// A sparse matrix that is kept.
struct Rows {
    std::vector<int32_t> begins, columns;
    std::vector<float> weights;

    Rows(Input<int32_t, 1> begins_, Input<int32_t, 1> columns_, Input<float, 1> weights_,
         int64_t rows, int64_t width, const std::string& name)
        : begins(begins_.data(), begins_.data() + begins_.size()),
          columns(columns_.data(), columns_.data() + columns_.size()),
          weights(weights_.data(), weights_.data() + weights_.size()) {
        bool right = rows >= 1 && int64_t(begins.size()) == rows + 1 &&
                     columns.size() == weights.size() && begins.front() == 0 &&
                     std::size_t(begins.back()) == columns.size();
        right = right && std::is_sorted(begins.begin(), begins.end());
        for (int32_t column : columns) right = right && column >= 0 && column < width;
        require(right, name + " is no matrix of this shape");
    }

    Sparse view() const { return {begins.data(), columns.data(), weights.data()}; }
};

class Windows {
  public:
    Windows(const std::string& isa, int64_t hop_length, int64_t points, Input<float, 1> window,
            Input<int32_t, 1> mel_begins, Input<int32_t, 1> mel_columns,
            Input<float, 1> mel_weights, Input<int32_t, 1> bin_begins,
            Input<int32_t, 1> bin_columns, Input<float, 1> bin_weights, float floor,
            float largest_gain)
        : kernels_(frame_kernels_for(isa)),
          window_(window.data(), window.data() + window.size()),
          to_mels_(mel_begins, mel_columns, mel_weights, int64_t(mel_begins.size()) - 1,
                   checked(points) / 2 + 1, "to_mels"),
          to_bins_(bin_begins, bin_columns, bin_weights, points / 2 + 1,
                   int64_t(mel_begins.size()) - 1, "to_bins") {
        require(hop_length >= 1 && hop_length <= kMost, "hop_length must lie in 1..2**20");
        require(!window_.empty() && int64_t(window_.size()) <= points,
                "the window must have 1..points samples");
        require(std::isnormal(floor) && floor > 0, "floor must be a normal number above 0");
        require(largest_gain >= 0 && largest_gain <= 80, "largest_gain must lie in 0..80");
        turns_ = turns_of<float>(points);
        about_ = {hop_length,     int(window_.size()), int(points),     int(mel_begins.size()) - 1,
                  window_.data(), turns_.data(),       to_mels_.view(), to_bins_.view(),
                  floor,          largest_gain};
    }
    Windows(const Windows&) = delete;
    Windows& operator=(const Windows&) = delete;

    void add_corrected(Input<float, 1> samples, Input<float, 2> targets,
                       Output<float, 1> added) const {
        const int64_t frames = int64_t(targets.shape(0));
        require(int64_t(targets.shape(1)) == about_.mels,
                "targets must have as many columns as there are mels");
        if (frames == 0) return;
        require(frames <= kMost * kMost, "there are too many frames");
        const int64_t reach = (frames - 1) * about_.hop_length + about_.window_length;
        require(int64_t(samples.shape(0)) >= reach && int64_t(added.shape(0)) >= reach,
                "the windows reach beyond the samples");
        auto* room = static_cast<float*>(
            scratch(std::size_t(correction_scratch(about_, kernels_.lanes)) * sizeof(float)));
        nb::gil_scoped_release release;
        kernels_.correct(about_, samples.data(), targets.data(), frames, added.data(), room);
    }

    std::string isa() const { return kernels_.isa; }

  private:
    static int64_t checked(int64_t points) {
        require(points >= 4 && points <= kMost && is_power_of_two(points),
                "points must be a power of two in 4..2**20");
        return points;
    }

    const FrameKernels& kernels_;
    std::vector<float> window_, turns_;
    Rows to_mels_, to_bins_;
    Correction about_{};
};

}  // namespace

void bind_frames(nb::module_& m) {
    using namespace nb::literals;
    m.def("de_emphasise", &de_emphasise, "samples"_a, "coefficient"_a, "last"_a, "made"_a);
    nb::class_<Predictor>(m, "Predictor")
        .def(nb::init<const std::string&, int64_t, Input<double, 1>>(), nb::kw_only(), "isa"_a,
             "bins"_a, "window"_a)
        .def("predict", &Predictor::predict, "powers"_a, "coefficients"_a);
    nb::class_<Windows>(m, "Windows")
        .def(nb::init<const std::string&, int64_t, int64_t, Input<float, 1>, Input<int32_t, 1>,
                      Input<int32_t, 1>, Input<float, 1>, Input<int32_t, 1>, Input<int32_t, 1>,
                      Input<float, 1>, float, float>(),
             nb::kw_only(), "isa"_a, "hop_length"_a, "points"_a, "window"_a, "mel_begins"_a,
             "mel_columns"_a, "mel_weights"_a, "bin_begins"_a, "bin_columns"_a, "bin_weights"_a,
             "floor"_a, "largest_gain"_a)
        .def_prop_ro("isa", &Windows::isa)
        .def("add_corrected", &Windows::add_corrected, "samples"_a, "targets"_a, "added"_a);
}

}  // namespace sonant
