//! The satisfaction service.
