package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.AltUp;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.LayerInputs;
import dev.zonda.verify.network.Network;
import java.io.IOException;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/// What one layer leaves for later ones: keys and values that others use, the inputs of all layers,
/// and residual streams, where there are several.
final class Kept {
  private final Activations all;
  private final int inputLength;
  private final int inputFeatures;
  private final SequencedMap<Integer, Place> places;
  private final int hidden;
  private final int streamsFrom;

  /// Where keys and values of a layer are, values behind keys.
  ///
  /// @param from the first feature
  private record Place(int from, int keys, int values) {}

  /// @param all as many features as [#features] says
  Kept(Network network, Activations all) {
    this.all = all;
    this.inputFeatures = inputFeatures(network);
    this.inputLength = network.inputs().map(LayerInputs::length).orElse(0);
    this.places = places(network);
    this.hidden = network.hidden();
    this.streamsFrom = before(network);
  }

  /// Features that a network keeps.
  static int features(Network network) {
    int streams = network.altUp().map(AltUp::streams).orElse(0);
    return Math.addExact(before(network), Math.multiplyExact(streams, network.hidden()));
  }

  /// Features before the residual streams.
  private static int before(Network network) {
    SequencedMap<Integer, Place> places = places(network);
    if (places.isEmpty()) {
      return inputFeatures(network);
    }
    Place last = places.lastEntry().getValue();
    return last.from() + last.keys() + last.values();
  }

  /// Features of the inputs of all layers.
  static int inputFeatures(Network network) {
    int length = network.inputs().map(LayerInputs::length).orElse(0);
    return Math.multiplyExact(length, network.layers().size());
  }

  private static SequencedMap<Integer, Place> places(Network network) {
    SequencedMap<Integer, Place> places = new TreeMap<>();
    int from = inputFeatures(network);
    for (Network.Layer layer : network.layers()) {
      if (layer.attention() instanceof HeadAttention heads && heads.source().isPresent()) {
        places.put(
            heads.source().getAsInt(), new Place(0, heads.keyFeatures(), heads.valueFeatures()));
      }
    }
    for (Map.Entry<Integer, Place> entry : places.entrySet()) {
      Place place = entry.getValue();
      entry.setValue(new Place(from, place.keys(), place.values()));
      from = Math.addExact(from, Math.addExact(place.keys(), place.values()));
    }
    return places;
  }

  /// The inputs of all layers, one after the other.
  Activations inputs() {
    return all.part(0, inputFeatures);
  }

  /// One of several residual streams.
  Activations stream(int number) {
    return all.part(streamsFrom + number * hidden, hidden);
  }

  /// The inputs of one layer.
  Activations input(int layer) {
    return all.part(layer * inputLength, inputLength);
  }

  /// Keeps keys and values of a layer, if another one asks for them.
  void keep(Pass pass, int layer, Activations keys, Activations values) throws IOException {
    if (places.containsKey(layer)) {
      pass.copy(keys, keys(layer));
      pass.copy(values, values(layer));
    }
  }

  Activations keys(int layer) {
    Place place = places.get(layer);
    return all.part(place.from(), place.keys());
  }

  Activations values(int layer) {
    Place place = places.get(layer);
    return all.part(place.from() + place.keys(), place.values());
  }
}
