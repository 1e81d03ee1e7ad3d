"""What runs in the child process: the only home of Keras and TensorFlow."""
